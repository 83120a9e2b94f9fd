package file

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// The value under an id: version, expiry in seconds since 1970 (0: never), both 8 bytes, then the body as it was
// written. Not JSON around JSON: the body must come back byte for byte, and sweeping needs no more than the head.
const head = 16

func encode(w ledger.Write) []byte {
	value := make([]byte, 0, head+len(w.Body))
	value = binary.BigEndian.AppendUint64(value, uint64(w.IfVersion)+1)
	value = binary.BigEndian.AppendUint64(value, uint64(seconds(w.Expires)))
	return append(value, w.Body...)
}

// decode copies what it returns: value is only there until the transaction ends.
func decode(key ledger.Key, value []byte) (ledger.Document, error) {
	if len(value) < head {
		return ledger.Document{}, fmt.Errorf("%s: %w", key, errDamaged)
	}
	doc := ledger.Document{
		Key:     key,
		Version: int64(binary.BigEndian.Uint64(value)),
		Body:    bytes.Clone(value[head:]),
	}
	if at := int64(binary.BigEndian.Uint64(value[8:])); at != 0 {
		doc.Expires = time.Unix(at, 0).UTC()
	}
	return doc, nil
}

// seconds rounds an expiry up to the second as DynamoDB needs it, so that a ledger behaves alike wherever it lives.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Add(time.Second - 1).Unix()
}

func expired(doc ledger.Document, now time.Time) bool {
	return !doc.Expires.IsZero() && !now.Before(doc.Expires)
}
