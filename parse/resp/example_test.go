package resp_test

import (
	"fmt"
	"io"
	"log"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/resp"
)

func ExampleNewReader() {
	stream := "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n" + "\n" + "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
	r := resp.NewReader(parse.NewBytesCursor([]byte(stream), 0), parse.Limits{})
	for {
		item, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("byte %d, %d bytes: %q\n", item.Byte, item.Bytes, item.Args)
	}
	// Output:
	// byte 0, 23 bytes: ["SELECT" "3"]
	// byte 23, 1 bytes: []
	// byte 24, 27 bytes: ["SET" "k" "v"]
}
