// A proxyless gRPC client: commands on stdin, answers on stdout; see ../README.md.
//
//	client <target>
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"strconv"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	_ "google.golang.org/grpc/xds"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type users struct {
	Header   string
	From, To int
}

type command struct {
	Calls, Parallel int
	DeadlineMs      int
	Method          string
	Headers         map[string]string
	Request         json.RawMessage
	Users           *users
}

type answer struct {
	Counts map[string]int    `json:"counts"`
	Errors map[string]int    `json:"errors"`
	ByUser map[string]string `json:"byUser"`
}

// say makes one call; the version, or the name of the status.
func say(conn *grpc.ClientConn, c command, user string) (version, failure string) {
	timeout := time.Duration(c.DeadlineMs) * time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for name, value := range c.Headers {
		ctx = metadata.AppendToOutgoingContext(ctx, name, value)
	}
	if c.Users != nil {
		ctx = metadata.AppendToOutgoingContext(ctx, c.Users.Header, user)
	}
	request := "{}"
	if c.Request != nil {
		request = string(c.Request)
	}
	reply := &wrapperspb.StringValue{}
	err := conn.Invoke(ctx, "/serin.test.Echo/"+c.Method, wrapperspb.String(request), reply)
	if err != nil {
		return "", code.Code_name[int32(status.Code(err))]
	}
	var told struct{ Version string }
	if err := json.Unmarshal([]byte(reply.Value), &told); err != nil {
		log.Fatal(err)
	}
	return told.Version, ""
}

func run(conn *grpc.ClientConn, c command) answer {
	asked := make(chan string)
	result := answer{map[string]int{}, map[string]int{}, map[string]string{}}
	var lock sync.Mutex
	var workers sync.WaitGroup
	for range c.Parallel {
		workers.Go(func() {
			for user := range asked {
				version, failure := say(conn, c, user)
				lock.Lock()
				if failure != "" {
					result.Errors[failure]++
				} else {
					result.Counts[version]++
					if c.Users != nil {
						result.ByUser[user] = version
					}
				}
				lock.Unlock()
			}
		})
	}
	from, to := 0, c.Calls
	if c.Users != nil {
		from, to = c.Users.From, c.Users.To
	}
	for user := from; user < to; user++ {
		asked <- strconv.Itoa(user)
	}
	close(asked)
	workers.Wait()
	return result
}

func main() {
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	conn, err := grpc.NewClient(os.Args[1], plain)
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(run(conn, c)); err != nil {
			log.Fatal(err)
		}
	}
}
