package main

import (
	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/shared/ledger/file"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

// here is this machine, ready to work: settings, rules and a ledger, with its progress on stderr.
type here struct {
	local.Machine
	progress *progress
}

// here reads the settings and opens the ledger file; where path is empty, the ledger is empty and kept nowhere. The caller
// closes what it is given.
func (c *common) here(p *process, path string, o file.Options) (*here, error) {
	config, err := c.load(p)
	if err != nil {
		return nil, err
	}
	config.Store = memory.New()
	if path != "" {
		if config.Store, err = openLedger(path, o); err != nil {
			return nil, err
		}
	}
	progress := newProgress(p.stderr)
	config.Progress = progress
	return &here{local.Machine{Config: config}, progress}, nil
}

func (h *here) close() {
	h.progress.close()
	_ = h.Store.Close() // whatever was written is on the disk
}
