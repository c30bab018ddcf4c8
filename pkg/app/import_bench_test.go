package app_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// BenchmarkImport imports customers with a password hash and two addresses each, from a
// file into an empty database, by the command as it is shipped. It reports
//
//	customers/s  of 100,000, with the start of the process
//	cpu-µs       a customer, of the process alone: the database has its own
//	MiB          peak resident memory
//	MiB-more     than with 2,000 customers: what grows with the file
func BenchmarkImport(b *testing.B) {
	const few, many = 2_000, 100_000
	binary := filepath.Join(b.TempDir(), "clientele")
	if output, err := exec.Command("go", "build", "-o", binary, "github.com/clientelehq/clientele/cmd/clientele").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, output)
	}
	short, long := writeCustomers(b, few), writeCustomers(b, many)
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, base := importFile(b, binary, short, database(b))
				began := time.Now()
				process, peak := importFile(b, binary, long, database(b))
				b.ReportMetric(many/time.Since(began).Seconds(), "customers/s")
				b.ReportMetric(float64((process.UserTime()+process.SystemTime()).Microseconds())/many, "cpu-µs")
				b.ReportMetric(peak, "MiB")
				b.ReportMetric(peak-base, "MiB-more")
			}
		})
	}
}

// importFile returns what the process took, and its peak memory in MiB.
func importFile(b *testing.B, binary, file, database string) (*os.ProcessState, float64) {
	b.Helper()
	command := exec.Command(binary, "import", file)
	command.Env = []string{"CLIENTELE_DATABASE_URL=" + database, "CLIENTELE_LOG_LEVEL=error"}
	if output, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, output)
	}
	return command.ProcessState, float64(command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024
}

func writeCustomers(b *testing.B, customers int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), fmt.Sprintf("%d.jsonl", customers))
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	to := bufio.NewWriter(file)
	defer to.Flush()
	for i := range customers {
		fmt.Fprintf(to, `{"reference":"DE--%d","email":"person.%d@example.com","salutation":"Mr","firstName":"Johannes%d","lastName":"Mustermann%d","gender":"Male","dateOfBirth":"1990-01-31","passwordHash":%q,"confirmed":true,"createdAt":"2018-11-06T08:15:02Z","addresses":[{"address1":"%d Second Street","zipCode":"12312","city":"Berlin","iso2Code":"DE"},{"address1":"%d Other Street","zipCode":"53111","city":"Bonn","iso2Code":"DE","isDefaultBilling":true}]}`+"\n",
			i+1, i, i%977, i, imported["argon2id"], i, i)
	}
	return path
}
