package main

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"sort"
	"syscall"
	"time"
)

var startedAt = time.Now()

// now in ns on the monotonic clock.
func now() int64 { return int64(time.Since(startedAt)) }

func report(phase string, figures map[string]any) {
	figures["phase"] = phase
	line, err := json.Marshal(figures)
	must(err)
	fmt.Println(string(line))
}

// reportSelf shows whether the load generator was the bottleneck.
func reportSelf(f *fleet) {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	report("self", map[string]any{
		"cpuMs":        (usage.Utime.Nano() + usage.Stime.Nano()) / 1e6,
		"heapMB":       memory.HeapSys >> 20,
		"streamErrors": f.failed.Load(),
	})
}

// quantileMs sorts its argument.
func quantileMs(ns []int64, q float64) float64 {
	if len(ns) == 0 {
		return 0
	}
	sort.Slice(ns, func(i, j int) bool { return ns[i] < ns[j] })
	at := int(math.Ceil(q*float64(len(ns)))) - 1
	return ms(ns[min(max(at, 0), len(ns)-1)])
}

func ms(ns int64) float64 { return rounded(float64(ns) / 1e6) }

func rounded(value float64) float64 { return math.Round(value*1000) / 1000 }

func per(sum int64, count int) float64 { return rounded(float64(sum) / float64(max(count, 1))) }
