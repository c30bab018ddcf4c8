package resources

import (
	"net/http"
	"strconv"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/jsonapi"
	"github.com/clientelehq/clientele/pkg/web"
)

// job is work in the background: a letter, a delivery. What it holds is not shown.
type job struct {
	ID          string  `jsonapi:"primary,jobs"`
	JobKind     string  `jsonapi:"attr,kind" about:"What is done." example:"letter_restore"`
	State       string  `jsonapi:"attr,state" about:"What becomes of it. Discarded and cancelled jobs were given up: the first after the last attempt, the others because another could not help, or by an operator." choices:"available,cancelled,completed,discarded,pending,retryable,running,scheduled"`
	Attempt     int     `jsonapi:"attr,attempt" about:"How often it was tried."`
	MaxAttempts int     `jsonapi:"attr,maxAttempts" about:"After how many attempts it is given up."`
	LastError   *string `jsonapi:"attr,lastError" about:"Why the latest attempt failed."`
	CreatedAt   string  `jsonapi:"attr,createdAt" about:"When it was asked for, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	ScheduledAt string  `jsonapi:"attr,scheduledAt" about:"When it is, or was, due, UTC." format:"{moment}" pattern:"{moment_pattern}"`
	FinishedAt  *string `jsonapi:"attr,finishedAt" about:"When it was done or given up, UTC." format:"{moment}" pattern:"{moment_pattern}"`

	self       string
	cursor     string
	hypermedia bool
}

func (r *job) standAt(cursor string) { r.cursor = cursor }

// JSONAPILinks returns the link of the resource itself.
func (j *job) JSONAPILinks() *jsonapi.Links { return jsonapi.Self(j.self) }

// JSONAPIMeta returns the cursor of the job in the list.
func (j *job) JSONAPIMeta() *jsonapi.Meta { return cursorMeta(j.cursor, j.hypermedia) }

// jobChange is what an operator makes of a job.
type jobChange struct {
	ID    string  `jsonapi:"primary,jobs"`
	State *string `jsonapi:"attr,state" about:"available has it tried again at once, cancelled gives it up." needs:"yes" choices:"available,cancelled" example:"available"`
}

func (a *API) jobRoutes() []route {
	one := fieldsOf("jobs", job{})
	return []route{
		{method: http.MethodGet, path: "/jobs", access: keys, scope: account.ReadJobs, shows: job{}, handle: a.listJobs, many: true, cursors: true, endless: true,
			name: "listJobs", summary: "List background jobs", about: "The newest first, in pages by cursor: what is to be done, and what was given up in the last seven days. Jobs that are done go after a minute.",
			fails: a.strictly(errors.FilterInvalid), offer: jsonapi.Offer{Fields: one.Fields, Filter: map[string][]string{"state": {""}, "kind": {""}}, Page: true}},
		{method: http.MethodGet, path: "/jobs/:id", access: keys, scope: account.ReadJobs, shows: job{}, offer: one, handle: a.showJob,
			name: "showJob", summary: "Show a background job", fails: []*errors.Error{errors.RouteNotFound}},
		{method: http.MethodPatch, path: "/jobs/:id", access: keys, scope: account.WriteJobs, body: jobChange{}, shows: job{}, offer: one, handle: a.changeJob,
			name: "changeJob", summary: "Try a background job again, or give it up",
			fails: []*errors.Error{errors.FieldMissing, errors.ValueBlank, errors.TypeInvalid, errors.CharactersInvalid, errors.ChoiceInvalid, errors.RouteNotFound, errors.JobUnchangeable}},
	}
}

func (a *API) listJobs(c *call) error {
	if err := a.applyProfile(c); err != nil {
		return err
	}
	filter := account.JobFilter{Limit: c.query.Page.Size + 1} // one more tells whether there is another page
	for _, wanted := range c.query.Filter {
		switch wanted.Name {
		case "kind":
			filter.Kind = wanted.Value
		case "state":
			if err := a.setState(&filter, wanted); err != nil {
				return err
			}
		}
	}
	var err error
	if filter.AfterNumber, filter.BeforeNumber, err = readCursors(c.query.Page); err != nil {
		return err
	}
	listed, err := a.Accounts.Jobs(c.Request().Context(), c.actor, filter)
	if err != nil {
		return err
	}
	shown, view := pageByCursor(a, c, listed, func(j *account.Job) int64 { return j.Number }, a.job)
	return a.showMany(c, shown, view)
}

// setState reads the filter of states; dead are the two of jobs that were given up.
func (a *API) setState(filter *account.JobFilter, wanted jsonapi.Filter) error {
	if wanted.Value == "dead" {
		filter.States = account.DeadJobs()
		return nil
	}
	for _, state := range account.JobStates() {
		if wanted.Value == string(state) {
			filter.States = append(filter.States, state)
			return nil
		}
	}
	if a.Wire.Lenient {
		return nil
	}
	return errors.FilterInvalid.With(wanted.Name).AtParameter(wanted.Parameter)
}

func (a *API) showJob(c *call) error {
	number, err := jobNumber(c)
	if err != nil {
		return err
	}
	found, err := a.Accounts.Job(c.Request().Context(), c.actor, number)
	if err != nil {
		return err
	}
	made := a.job(found)
	return a.showOne(c, http.StatusOK, made, collection, made.self)
}

func (a *API) changeJob(c *call) error {
	var body jobChange
	if err := c.bind(&body); err != nil {
		return err
	}
	number, err := jobNumber(c)
	if err != nil {
		return err
	}
	changed, err := a.Accounts.ChangeJob(c.Request().Context(), c.actor, number, field(c.document, "state", body.State))
	if err != nil {
		return err
	}
	made := a.job(changed)
	return a.showOne(c, http.StatusOK, made, collection, made.self)
}

// jobNumber reads the id of a job; what is no number is no job's.
func jobNumber(c *call) (int64, error) {
	number, err := strconv.ParseInt(web.Segment(c, "id"), 10, 64)
	if err != nil {
		return 0, errors.RouteNotFound
	}
	return number, nil
}

func (a *API) job(j *account.Job) *job {
	id := strconv.FormatInt(j.Number, 10)
	made := &job{
		ID:          id,
		JobKind:     j.Kind,
		State:       string(j.State),
		Attempt:     j.Attempt,
		MaxAttempts: j.MaxAttempts,
		CreatedAt:   a.Wire.timestamp(j.AddedAt),
		ScheduledAt: a.Wire.timestamp(j.ScheduledAt),
		FinishedAt:  a.Wire.timestampOrNull(j.FinishedAt),
		self:        a.Base + "/jobs/" + id,
		hypermedia:  a.Wire.Hypermedia,
	}
	if j.LastError != "" {
		made.LastError = &j.LastError
	}
	return made
}
