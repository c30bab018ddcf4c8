package app_test

import (
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// BenchmarkLoginThroughput measures logins through HTTP against the bare hash
// function with the same parameters on as many processors, in rounds that
// alternate:
//
//	×bare    logins a second over hashes a second, the median of all rounds
//
// The service is a process of its own, and shares the processors with the
// clients and with the database. A round is long enough that its end, where one
// processor has nothing left to do, is no matter.
func BenchmarkLoginThroughput(b *testing.B) {
	eachDatabase(b, func(b *testing.B, s *process) {
		const clients, logins, rounds = 8, 12, 9
		customers := s.register(b, clients)
		var ratios, perSecond []float64
		for b.Loop() {
			for range rounds {
				bare := perSecondOf(runtime.NumCPU(), clients*logins/runtime.NumCPU(), func(int) { bareHash() })
				ours := perSecondOf(clients, logins, func(client int) {
					if status, _, answer := s.logIn(customers[client], "198.51.100.0"); status != http.StatusCreated {
						b.Errorf("%d %s", status, answer)
					}
				})
				ratios, perSecond = append(ratios, ours/bare), append(perSecond, ours)
			}
		}
		b.ReportMetric(median(ratios), "×bare")
		b.ReportMetric(median(perSecond), "logins/s")
	})
}

func bareHash() { argon2.IDKey([]byte(apitest.Password), make([]byte, 16), 2, 19456, 1, 32) }

// perSecondOf lets workers do something so many times each, and returns how
// often it was done in a second.
func perSecondOf(workers, times int, work func(worker int)) float64 {
	began := time.Now()
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for range times {
				work(worker)
			}
		})
	}
	group.Wait()
	return float64(workers*times) / time.Since(began).Seconds()
}

// The flood: logins come at their rate whether or not they are answered, and
// reads of a customer's own data beside them.
const (
	floodRate   = 500 // logins a second
	readRate    = 40  // reads a second
	floodLasts  = time.Minute
	quietLasts  = 20 * time.Second
	floodOthers = "others" // who floods from many addresses and names
	floodOne    = "one"    // who floods from one address
)

// BenchmarkLoginFlood sends ten times the logins that the service can check.
// One round is 20 seconds of reads alone and a minute of the flood beside them;
// -benchtime 3x does three. It reports
//
//	MiB          peak resident memory of the service
//	accepted/s   logins that were checked, right or wrong
//	shed/s       logins that were refused with 503 and the time to come back
//	limited/s    logins that were refused with 429
//	5xx          other faults, and requests that had no answer
//	quiet-p99-ms, p99-ms and ×quiet, of the reads
func BenchmarkLoginFlood(b *testing.B) {
	for _, from := range []string{floodOthers, floodOne} {
		b.Run(from, func(b *testing.B) {
			eachDatabase(b, func(b *testing.B, s *process) { flood(b, s, from) })
		})
	}
}

func flood(b *testing.B, s *process, from string) {
	customers := s.register(b, 8)
	reader, customers := customers[0], customers[1:] // so many logins would end the reader's session
	var quiet, loaded latencies
	var accepted, shed, limited, failed atomic.Int64
	var flooded time.Duration
	for b.Loop() {
		s.reads(&quiet, reader, quietLasts)
		began := time.Now()
		var all sync.WaitGroup
		all.Go(func() { s.reads(&loaded, reader, floodLasts) })
		all.Go(func() {
			openLoop(floodRate, floodLasts, func(i int, _ time.Time) {
				// Half of the names are known, and come with the right password.
				customer, address := apitest.Customer{Email: fmt.Sprintf("nobody%d@example.com", i), Password: apitest.Password}, "192.0.2.1"
				if i%2 == 0 {
					customer = customers[i/2%len(customers)]
				}
				if from == floodOthers {
					address = fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
				}
				status, header, _ := s.logIn(customer, address)
				switch {
				case status == http.StatusCreated || status == http.StatusUnauthorized:
					accepted.Add(1)
				case status == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
					shed.Add(1)
				case status == http.StatusTooManyRequests:
					limited.Add(1)
				default:
					failed.Add(1)
				}
			})
		})
		all.Wait()
		flooded += time.Since(began)
	}
	b.ReportMetric(s.peakMiB(), "MiB")
	b.ReportMetric(float64(accepted.Load())/flooded.Seconds(), "accepted/s")
	b.ReportMetric(float64(shed.Load())/flooded.Seconds(), "shed/s")
	b.ReportMetric(float64(limited.Load())/flooded.Seconds(), "limited/s")
	b.ReportMetric(float64(failed.Load()+quiet.failed+loaded.failed), "5xx")
	b.ReportMetric(quiet.percentile(50), "quiet-p50-ms")
	b.ReportMetric(quiet.percentile(99), "quiet-p99-ms")
	b.ReportMetric(loaded.percentile(50), "p50-ms")
	b.ReportMetric(loaded.percentile(99), "p99-ms")
	b.ReportMetric(loaded.percentile(99)/quiet.percentile(99), "×quiet")
}

// openLoop starts work at a rate, without waiting for what was started before,
// and returns when all is done. The work is told when it was due: a late start
// is a part of what its client waits.
func openLoop(rate int, lasts time.Duration, work func(i int, due time.Time)) {
	var group sync.WaitGroup
	began := time.Now()
	for i := range int(lasts.Seconds() * float64(rate)) {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		group.Go(func() { work(i, due) })
	}
	group.Wait()
}

// latencies are the times that requests took, in milliseconds.
type latencies struct {
	mu     sync.Mutex
	all    []float64
	failed int64
}

func (l *latencies) add(took time.Duration, served bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all = append(l.all, took.Seconds()*1000); !served {
		l.failed++
	}
}

func (l *latencies) percentile(p float64) float64 {
	slices.Sort(l.all)
	return l.all[int(float64(len(l.all)-1)*p/100)]
}

// process is the service as it is shipped, in a process of its own: what it
// takes in memory and time is not the benchmark's.
type process struct {
	url    string
	pid    int
	client *http.Client
}

// eachDatabase builds the service and runs it on SQLite and on PostgreSQL.
func eachDatabase(b *testing.B, run func(b *testing.B, s *process)) {
	binary := filepath.Join(b.TempDir(), "clientele")
	if output, err := exec.Command("go", "build", "-o", binary, "github.com/clientelehq/clientele/cmd/clientele").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, output)
	}
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) { run(b, startProcess(b, binary, database(b))) })
	}
}

// startProcess runs the service until the benchmark ends. It believes what its
// clients say of where they come from.
func startProcess(b *testing.B, binary, database string) *process {
	b.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	command := exec.Command(binary, "serve")
	command.Env = append(os.Environ(), "CLIENTELE_DATABASE_URL="+database, "CLIENTELE_LISTEN="+address, "CLIENTELE_OPS_LISTEN=", "CLIENTELE_TRUSTED_PROXIES=127.0.0.1")
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 1024}
	b.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			b.Errorf("the service ended with %v", err)
		}
	})
	s := &process{url: "http://" + address, pid: command.Process.Pid, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if status, _, _ := s.do(http.MethodGet, "/openapi.json", "", "", ""); status == http.StatusOK {
			return s
		}
		if time.Since(began) > 30*time.Second {
			b.Fatal("the service does not start")
		}
	}
}

// register makes customers; the first gets a token.
func (s *process) register(b *testing.B, count int) (customers []apitest.Customer) {
	b.Helper()
	for i := range count {
		customer := apitest.Customer{Email: fmt.Sprintf("bench%d@example.com", i), Password: apitest.Password}
		address := fmt.Sprintf("198.51.100.%d", i)
		status, _, answer := s.do(http.MethodPost, "/customers", "", address, apitest.Registration(customer.Email))
		if status != http.StatusCreated {
			b.Fatalf("%d %s", status, answer)
		}
		customer.Reference = textAt(b, answer, "id")
		customers = append(customers, customer)
	}
	_, _, answer := s.logIn(customers[0], "198.51.100.0")
	customers[0].Token = textAt(b, answer, "accessToken")
	return customers
}

// textAt finds the first member of a name.
func textAt(b *testing.B, document, name string) string {
	b.Helper()
	found := regexp.MustCompile(`"` + name + `":"([^"]+)"`).FindStringSubmatch(document)
	if found == nil {
		b.Fatalf("there is no %s in %s", name, document)
	}
	return found[1]
}

func (s *process) logIn(customer apitest.Customer, address string) (int, http.Header, string) {
	return s.do(http.MethodPost, "/access-tokens", "", address, apitest.Document("access-tokens", map[string]any{"username": customer.Email, "password": customer.Password}))
}

// reads lets a customer read their own data at readRate.
func (s *process) reads(l *latencies, customer apitest.Customer, lasts time.Duration) {
	openLoop(readRate, lasts, func(_ int, due time.Time) {
		status, _, _ := s.do(http.MethodGet, "/customers/"+customer.Reference, customer.Token, "198.51.100.0", "")
		l.add(time.Since(due), status == http.StatusOK)
	})
}

// do sends a request and returns the answer's status, header and body; the
// status is 0 when there was no answer.
func (s *process) do(method, path, token, address, body string) (int, http.Header, string) {
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err.Error()
	}
	request.Header.Set("Accept", "application/vnd.api+json")
	request.Header.Set("X-Forwarded-For", address)
	if body != "" {
		request.Header.Set("Content-Type", "application/vnd.api+json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, err.Error()
	}
	return response.StatusCode, response.Header, string(answer)
}

// peakMiB is the most memory that the process has held; NaN where there is no
// /proc.
func (s *process) peakMiB() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if err != nil || found == nil {
		return math.NaN()
	}
	kilobytes, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return math.NaN()
	}
	return kilobytes / 1024
}
