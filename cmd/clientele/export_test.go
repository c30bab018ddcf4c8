package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the two drivers, to look into the databases
	_ "modernc.org/sqlite"

	"github.com/clientelehq/clientele/pkg/store/storetest"
)

const exportedLine = `{"reference":"DE--40","email":"grace@shop.example","createdAt":"2018-11-06T08:15:02Z"}` + "\n"

func TestExportGoesToStandardOutputOrToAFileOfItsOwner(t *testing.T) {
	environ, folder := freshDatabase(t), t.TempDir()
	if got := execute(t, exportedLine, environ, "import", "-"); got.err != nil {
		t.Fatal(got.err)
	}
	for _, args := range [][]string{{"export"}, {"export", "-"}} {
		if got := execute(t, "", environ, args...); got.err != nil || got.stdout != exportedLine || !strings.Contains(got.stderr, "1 customers, ") || !strings.HasSuffix(got.stderr, "1 exported\n") {
			t.Errorf("%v: %+v", args, got)
		}
	}
	file := filepath.Join(folder, "customers.jsonl")
	if err := os.WriteFile(file, []byte("former"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := execute(t, "", environ, "export", file, "--after", "DE--1"); got.err == nil {
		t.Error("it goes on after nobody")
	}
	if text, err := os.ReadFile(file); string(text) != "former" {
		t.Errorf("a failure left %q, %v", text, err)
	}
	if got := execute(t, "", environ, "export", file); got.err != nil || got.stdout != "" {
		t.Errorf("%+v", got)
	}
	about, err := os.Stat(file)
	if err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", about, err)
	}
	if text, err := os.ReadFile(file); string(text) != exportedLine {
		t.Errorf("got %q, %v", text, err)
	}
	if files, err := os.ReadDir(folder); len(files) != 1 {
		t.Errorf("left are %v, %v", files, err)
	}
}

// An import that is killed, twice, and run again leaves every customer once, with all
// that is theirs.
func TestAnImportSurvivesBeingKilled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		driver, source, customers := "pgx", url, 5000
		if path, is := strings.CutPrefix(url, "sqlite:"); is {
			driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
			customers = 2500 // SQLite is Go code, which the race detector slows down tenfold
		}
		file := filepath.Join(t.TempDir(), "customers.jsonl")
		var lines bytes.Buffer
		for i := range customers {
			fmt.Fprintf(&lines, `{"email":"c%d@shop.example","addresses":[{"city":"Bonn"},{"city":"Köln","isDefaultBilling":true}],"groups":["Gold"]}`+"\n", i)
		}
		if err := os.WriteFile(file, lines.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		database, err := sql.Open(driver, source)
		if err != nil {
			t.Fatal(err)
		}
		defer database.Close()
		count := func(of string) (n int) {
			if err := database.QueryRow("SELECT count(*) FROM " + of).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		running := func() (*exec.Cmd, chan error, *strings.Builder) {
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			var told strings.Builder
			command := exec.CommandContext(t.Context(), self, "import", file)
			command.Env, command.Stderr = []string{runAsClientele + "=1", "CLIENTELE_DATABASE_URL=" + url, "CLIENTELE_LOG_LEVEL=error"}, &told
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- command.Wait() }()
			return command, ended, &told
		}
		for _, most := range []int{customers * 2 / 5, customers * 4 / 5} { // there are, when it is killed, give or take a batch
			enough := most - rand.IntN(customers*2/5)
			command, ended, told := running()
			for over := false; !over && count("customers") < enough; {
				select {
				case err := <-ended:
					t.Fatalf("it ended by itself: %v, %s", err, told)
				case <-time.After(time.Millisecond):
				}
			}
			_ = command.Process.Kill() // it may have come to its end this very moment
			<-ended
		}
		there := count("customers")
		_, ended, told := running()
		if err := <-ended; err != nil || !strings.HasSuffix(told.String(), fmt.Sprintf("%d imported, %d there already, 0 bad\n", customers-there, there)) {
			t.Errorf("%d were there: %v, %s", there, err, told)
		}
		for of, want := range map[string]int{
			"customers": customers,
			"(SELECT DISTINCT email_key, reference, number FROM customers) AS different":               customers,
			"(SELECT customer_id FROM addresses GROUP BY customer_id HAVING count(*) = 2) AS complete": customers,
			"customer_group_members": customers,
			"customers AS c JOIN addresses AS s ON s.id = c.default_shipping_address_id AND s.city = 'Bonn' JOIN addresses AS b ON b.id = c.default_billing_address_id AND b.city = 'Köln'": customers,
		} {
			if got := count(of); got != want {
				t.Errorf("%d of %s", got, of)
			}
		}
	})
}
