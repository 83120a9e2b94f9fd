package file

import (
	"bytes"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"github.com/synthsync/synthsync/shared/ledger"
)

// sweepEvery is how often the expired documents are removed; readers never see them anyway.
const sweepEvery = 24 * time.Hour

// sweep removes expired documents unless that was done lately. A clock that was set back sweeps again.
func (s *Store) sweep() error {
	now := s.now()
	due := false
	if err := s.db.View(func(tx *bbolt.Tx) error {
		last, err := strconv.ParseInt(string(tx.Bucket(marker).Get(sweptField)), 10, 64)
		since := now.Sub(time.Unix(last, 0))
		due = err != nil || since >= sweepEvery || since < 0
		return nil
	}); err != nil || !due {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		kinds := tx.Bucket(documents)
		if err := kinds.ForEachBucket(func(kind []byte) error {
			return sweepKind(kinds.Bucket(kind), ledger.Kind(kind), now)
		}); err != nil {
			return err
		}
		return tx.Bucket(marker).Put(sweptField, []byte(strconv.FormatInt(now.Unix(), 10)))
	})
}

func sweepKind(bucket *bbolt.Bucket, kind ledger.Kind, now time.Time) error {
	var gone [][]byte // removed afterwards: a cursor skips documents when they are removed under it
	if err := bucket.ForEach(func(id, value []byte) error {
		doc, err := decode(ledger.Key{Kind: kind, ID: string(id)}, value)
		if err == nil && expired(doc, now) {
			gone = append(gone, bytes.Clone(id))
		}
		return err
	}); err != nil {
		return err
	}
	for _, id := range gone {
		if err := bucket.Delete(id); err != nil {
			return err
		}
	}
	return nil
}
