package tlsreload

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// contents are the contents of all files of a Config, read together.
type contents struct {
	certs, keys, staples [][]byte // for each pair; a staple is nil if there is no file
	clientCAs            []byte
}

// maxFile is the maximum size of a file. A chain with its key has a few kilobytes, and a
// bundle of authorities a few hundred.
const maxFile = 1 << 20

// attempts is the maximum number of reads of all files in one check, after the first.
const attempts = 3

var errChanging = errors.New("tlsreload: the files change while they are read")

// read reads all files until two reads in a row agree. A program that replaces the files
// one by one, or the symbolic link to their folder as Kubernetes does, may do so between
// two of them.
func (cfg *Config) read() (contents, error) { return readUntilStable(cfg.readOnce) }

func readUntilStable(readOnce func() (contents, error)) (contents, error) {
	last, lastErr := readOnce()
	for range attempts {
		next, err := readOnce()
		if err == nil && lastErr == nil && next.digest() == last.digest() {
			return next, nil
		}
		last, lastErr = next, err
	}
	if lastErr == nil {
		lastErr = errChanging
	}
	return contents{}, lastErr
}

func (cfg *Config) readOnce() (c contents, err error) {
	f := httperr.ConfigFaults{Package: "tlsreload"}
	read := func(field, name string) []byte {
		text, err := readFile(name)
		if err != nil {
			f.Add(field, name, "cannot be read: "+err.Error(), "name a file that the server may read")
		}
		return text
	}
	for i, p := range cfg.Pairs {
		field := fmt.Sprintf("Pairs[%d].", i)
		c.certs = append(c.certs, read(field+"CertFile", p.CertFile))
		c.keys = append(c.keys, read(field+"KeyFile", p.KeyFile))
		var staple []byte
		if p.OCSPFile != "" {
			if staple, err = readFile(p.OCSPFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
				f.Add(field+"OCSPFile", p.OCSPFile, "cannot be read: "+err.Error(), "name a file that the server may read")
			}
		}
		c.staples = append(c.staples, staple)
	}
	if cfg.ClientCAFile != "" {
		c.clientCAs = read("ClientCAFile", cfg.ClientCAFile)
	}
	return c, f.Err()
}

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("larger than %d bytes", maxFile)
	}
	return text, nil
}

// digest returns a hash of all files, so that keys are not kept in memory twice.
func (c *contents) digest() (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, text := range slices.Concat(c.certs, c.keys, c.staples, [][]byte{c.clientCAs}) {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
		_, _ = io.Copy(h, bytes.NewReader(text))
	}
	h.Sum(sum[:0])
	return sum
}
