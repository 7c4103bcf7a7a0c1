// Command server is the neutral S3 server of the measurements: it speaks just enough of S3's HTTP
// to serve all clients alike, keeps nothing on disk, checks no signature and uses as little CPU as
// it can, so that what differs between two runs is the client.
//
// Objects that it serves, all cut from one block of random bytes:
//
//	big                  the whole block
//	small/00000 ...      4 KiB each
//	list/00000000 ...    keys without content, to be listed
//
// What is put elsewhere in that bucket is checked and forgotten: each body must equal the beginning of the block,
// or for keys put.../NNNNN the same bytes as small/NNNNN. GET /_stats tells what was seen since the
// last call and whether all uploads were right; it takes no part in a measurement. The bucket `kept`
// holds what is put there.
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"net"
	"os"
)

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	size := flag.Int("size", 1<<30, "bytes of the object big")
	small := flag.Int("small", 10000, "number of objects below small/")
	keys := flag.Int("keys", 1000000, "number of keys below list/")
	dump := flag.String("dump", "", "write the block to this file")
	flag.Parse()

	block := make([]byte, *size)
	random := rand.New(rand.NewSource(1))
	random.Read(block)
	if *dump != "" {
		if err := os.WriteFile(*dump, block, 0o644); err != nil {
			panic(err)
		}
	}
	store := newStore(block, *small, *keys)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		panic(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go serve(conn.(*net.TCPConn), store)
	}
}
