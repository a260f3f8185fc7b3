package account

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Record is one resource of the account.
type Record struct {
	Type, ID, URN, Region string
	Inputs, Outputs       map[string]any
	// Logging is true for a log group into which a deleted cluster still writes.
	Logging bool `json:",omitempty"`
}

// store keeps the account in one file.
type store struct{ folder string }

// stock is the account's content, by type and ID.
type stock map[string]*Record

func key(typ, id string) string { return typ + " " + id }

// change runs an operation while no other process does, and stores the result unless it fails.
func (s store) change(operation func(stock) error) (err error) {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(s.folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	path, records := filepath.Join(s.folder, "account.json"), stock{}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &records)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	before := maps.Clone(records)
	if err := operation(records); err != nil || maps.Equal(before, records) {
		return err
	}
	if text, err = json.MarshalIndent(records, "", " "); err != nil {
		return err
	}
	// A killed process leaves no partial file.
	return errors.Join(os.WriteFile(path+".new", text, 0o600), os.Rename(path+".new", path))
}

// Records returns all resources of an account.
func Records(folder string) ([]*Record, error) {
	var records []*Record
	return records, store{folder}.change(func(stored stock) error {
		for _, name := range slices.Sorted(maps.Keys(stored)) {
			records = append(records, stored[name])
		}
		return nil
	})
}

func (records stock) put(r *Record) { records[key(r.Type, r.ID)] = r }

func (records stock) find(typ, id string) *Record { return records[key(typ, id)] }

// ofType returns the resources of a type, in the order of their IDs.
func (records stock) ofType(typ string) []*Record {
	var found []*Record
	for _, r := range records {
		if r.Type == typ {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *Record) int { return strings.Compare(a.ID, b.ID) })
	return found
}

// withProperty returns the resources of a type that have a value at a path of their outputs.
func (records stock) withProperty(typ, path string, value any) []*Record {
	return slices.DeleteFunc(records.ofType(typ), func(r *Record) bool { return !slices.Contains(valuesAt(r.Outputs, path), value) })
}
