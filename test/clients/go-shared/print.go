// What the drivers of both Go clients share.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// print writes the result of a call as a line of JSON.
func print(call string, result map[string]any) {
	result["call"] = call
	text, err := json.Marshal(result)
	check(err)
	fmt.Println(string(text))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
