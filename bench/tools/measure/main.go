// Command measure runs a program and writes what it cost as one line of JSON to file descriptor 3:
// seconds, CPU seconds, peak resident bytes, the time to its first output and how much it wrote.
// The program's output is counted and thrown away.
package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

type cost struct {
	Seconds     float64 `json:"seconds"`
	CPUSeconds  float64 `json:"cpuSeconds"`
	PeakBytes   int64   `json:"peakBytes"`
	FirstOutput float64 `json:"firstOutputSeconds"`
	OutputBytes int64   `json:"outputBytes"`
	OutputLines int64   `json:"outputLines"`
	ExitCode    int     `json:"exitCode"`
	LastLine    string  `json:"lastLine"`
}

func main() {
	command := exec.Command(os.Args[1], os.Args[2:]...)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		panic(err)
	}
	start := time.Now()
	if err := command.Start(); err != nil {
		panic(err)
	}
	var result cost
	buffer := make([]byte, 1<<20)
	var tail []byte
	for {
		n, err := output.Read(buffer)
		if n > 0 && result.OutputBytes == 0 {
			result.FirstOutput = time.Since(start).Seconds()
		}
		for _, b := range buffer[:n] {
			if b == '\n' {
				result.OutputLines++
			}
		}
		result.OutputBytes += int64(n)
		if n > 0 {
			tail = append(tail[:0], buffer[max(0, n-256):n]...)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			panic(err)
		}
	}
	_ = command.Wait()
	lines := strings.Split(strings.TrimSpace(string(tail)), "\n")
	result.LastLine = lines[len(lines)-1]
	result.Seconds = time.Since(start).Seconds()
	usage := command.ProcessState.SysUsage().(*syscall.Rusage)
	result.CPUSeconds = seconds(usage.Utime) + seconds(usage.Stime)
	result.PeakBytes = usage.Maxrss * 1024
	result.ExitCode = command.ProcessState.ExitCode()
	_ = json.NewEncoder(os.NewFile(3, "result")).Encode(result)
}

func seconds(t syscall.Timeval) float64 {
	return float64(t.Sec) + float64(t.Usec)/1e6
}
