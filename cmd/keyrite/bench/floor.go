package bench

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// floor is the least that a piece of work can take on this machine.
type floor struct {
	Time time.Duration
	Of   string // what it is made of
}

// rates are how fast this machine is at the parts of every floor.
type rates struct {
	loopback float64 // bytes a second through a TCP connection to itself
	hash     float64 // bytes a second of SHA-256
	verify   float64 // signature checks a second, ECDSA on P-256
	by       string  // who measured the last two
}

// measureRates asks openssl, as everybody does, or Go's own code where there is none.
func measureRates(b *testing.B) rates {
	b.Helper()
	r := rates{loopback: loopbackRate(b), by: "openssl speed"}
	if r.hash = openssl(`(?m)^\+F:\d+:sha256:([\d.]+)`, "-bytes", "16384", "-evp", "sha256"); r.hash > 0 {
		r.verify = openssl(`(?m)^\+F4:\d+:256:[\d.]+:([\d.]+)`, "ecdsap256")
	}
	if r.verify > 0 {
		return r
	}
	r.by = "Go's own code"
	block := make([]byte, 1<<20)
	r.hash = float64(len(block)) * perSecond(func() { sha256.Sum256(block) })
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(b, err)
	sum := sha256.Sum256(nil)
	sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	must(b, err)
	r.verify = perSecond(func() { ecdsa.VerifyASN1(&key.PublicKey, sum[:], sig) })
	return r
}

// openssl gives the figure that pattern finds in a run of openssl speed, 0 if there is none.
func openssl(pattern string, args ...string) float64 {
	out, err := exec.Command("openssl", append([]string{"speed", "-mr", "-seconds", "1"}, args...)...).Output()
	found := regexp.MustCompile(pattern).FindSubmatch(out)
	if err != nil || found == nil {
		return 0
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return 0
	}
	return n
}

func perSecond(work func()) float64 {
	begin, n := time.Now(), 0
	for time.Since(begin) < time.Second {
		work()
		n++
	}
	return float64(n) / time.Since(begin).Seconds()
}

func loopbackRate(b *testing.B) float64 {
	b.Helper()
	const total = 256 << 20
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		block := make([]byte, 1<<18)
		for range total / len(block) {
			if _, err := conn.Write(block); err != nil {
				return
			}
		}
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	must(b, err)
	defer conn.Close()
	begin := time.Now()
	n, err := io.Copy(io.Discard, conn)
	must(b, err)
	return float64(n) / time.Since(begin).Seconds()
}

// metadata is the floor of reading so many bytes of metadata, of which wired come over the
// network: each byte hashed once, one signature checked per repository, and round trips
// that wait for each other.
func (r rates) metadata(wired, hashed int64, repositories, trips int, delay time.Duration) floor {
	seconds := float64(wired)/r.loopback + float64(hashed)/r.hash + float64(repositories)/r.verify
	return floor{time.Duration(seconds*float64(time.Second)) + time.Duration(trips)*2*delay,
		"bytes at loopback speed, one hash, one signature check, round trips"}
}

// files is the floor of reading every file below a folder once, one after another.
func files(b *testing.B, dir string) floor {
	b.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.key"))
	must(b, err)
	begin := time.Now()
	for _, name := range names {
		_, err := os.ReadFile(name)
		must(b, err)
	}
	return floor{time.Since(begin), "each file read once, one after another"}
}
