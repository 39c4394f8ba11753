package monitor_test

import (
	"fmt"
	"log"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/monitor"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Who sent what, out of what redis-cli MONITOR printed.
func ExampleWalk() {
	text := `OK
1339518083.107412 [0 127.0.0.1:60866] "set" "greeting" "good\nday"
1339518087.877697 [3 127.0.0.1:60870] "get" "greeting"
`
	err := monitor.Walk(parse.NewBytesCursor([]byte(text), 0), monitor.Options{
		Command: func(c *record.ClientCommand) error {
			fmt.Printf("%s in %d: %q\n", c.Addr, c.DB, c.Args)
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 127.0.0.1:60866 in 0: ["set" "greeting" "good\nday"]
	// 127.0.0.1:60870 in 3: ["get" "greeting"]
}
