package synthesize

import (
	"context"
	"sync"
)

// Keyring holds the keys of one invocation. What is sent with them, proven of them and noted against them is one version,
// whenever the secret changes meanwhile or a process's copy of it runs out. It is safe for use by many goroutines.
type Keyring struct {
	load func(ctx context.Context, fresh bool) (Keys, error)
	vet  func(ctx context.Context, keys Keys) error

	mu    sync.Mutex
	keys  Keys
	known bool
	taken bool // a client sends with them
}

// NewKeyring makes a keyring. load reads the secret, afresh if told so. vet, unless nil, says why keys must not be used that
// were read since a client's were refused: what was proven of those is not proven of these.
func NewKeyring(load func(ctx context.Context, fresh bool) (Keys, error), vet func(ctx context.Context, keys Keys) error) *Keyring {
	return &Keyring{load: load, vet: vet}
}

// Keys are the keys to send with; it is a client's Config.Keys, which asks afresh where they were refused.
func (k *Keyring) Keys(ctx context.Context, fresh bool) (Keys, error) {
	if !fresh {
		return k.current(ctx, true)
	}
	keys, err := k.load(ctx, true)
	if err == nil && k.vet != nil && !k.inUse(keys.Version) {
		err = k.vet(ctx, keys)
	}
	if err != nil {
		return Keys{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.known, k.taken = keys, true, true
	return keys, nil
}

// inUse tells whether a version is the one that was refused just now: to ask with it would be one refusal more.
func (k *Keyring) inUse(version string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known && k.keys.Version == version
}

// Version is the version of the keys that are sent with, or will be. fresh reads the secret first and says what stands there;
// keys that a client has taken stay in use until they are refused.
func (k *Keyring) Version(ctx context.Context, fresh bool) (string, error) {
	if !fresh {
		keys, err := k.current(ctx, false)
		return keys.Version, err
	}
	keys, err := k.load(ctx, true)
	if err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.taken {
		k.keys, k.known = keys, true
	}
	return keys.Version, nil
}

func (k *Keyring) current(ctx context.Context, take bool) (Keys, error) {
	k.mu.Lock()
	if k.known {
		defer k.mu.Unlock()
		k.taken = k.taken || take
		return k.keys, nil
	}
	k.mu.Unlock() // not held while the secret is read
	keys, err := k.load(ctx, false)
	if err != nil {
		return Keys{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.known { // of two readers at once the first one's hold
		k.keys, k.known = keys, true
	}
	k.taken = k.taken || take
	return k.keys, nil
}
