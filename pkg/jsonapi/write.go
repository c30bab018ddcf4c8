package jsonapi

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	google "github.com/google/jsonapi"
)

// View is how an answer is to be shown.
type View struct {
	Query   *Query         // what the request asks for; nil shows every field and includes nothing
	Links   map[string]any // top-level links: strings, LinkObject, or nil for null
	Meta    map[string]any // top-level meta
	Related []any          // models of which the primary ones hold the identity alone, for include to lead to
	Linkage bool           // primary resources are shown as identifiers: the document of a relationship
	NullID  bool           // primary resources have "id": null (W-02)
	Version bool           // a member jsonapi tells the version (W-16)
	Profile string         // URI of the profile that was applied; "" is none
}

// LinkObject is a link that tells the media type of what it leads to.
type LinkObject struct {
	Href string `json:"href"`
	Type string `json:"type"`
}

// One returns the document of one resource. The model is a pointer to a struct
// with google's tags; nil is "data": null.
//
// Attributes and relationships stand in the order of the struct's fields, every
// one of them unless it is tagged omitempty. A relationship to one always shows
// its linkage, a relationship to many when the query includes it; one that has
// neither linkage nor links nor meta is left out. `included` is there when the
// query has an include, even an empty one: each type and id once, no primary
// resource, in the order in which linkage leads to them. Models of one type and
// id in an answer have to be alike: any of them may be the one that is shown.
func One(model any, view View) ([]byte, error) {
	w := &writer{view: view}
	value := reflect.ValueOf(model)
	if !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil() {
		return w.document((*writer).null)
	}
	if err := w.load(model, value); err != nil {
		return nil, err
	}
	return w.document((*writer).one)
}

// Told returns a document that has no resource: what view.Meta tells is all.
func Told(view View) ([]byte, error) {
	w := &writer{view: view}
	members := openList('{')
	if view.Version {
		w.out = appendVersion(members.next(w.out), view.Profile)
	}
	err := w.linksAndMeta(&members, (*Links)(&view.Links), (*Meta)(&view.Meta))
	return members.close(w.out), err
}

// Many returns the document of a collection: a slice of what One takes, none
// of them nil. It has an array as data, empty or not.
func Many(models any, view View) ([]byte, error) {
	w := &writer{view: view}
	value := reflect.ValueOf(models)
	if value.Kind() != reflect.Slice {
		return nil, fmt.Errorf("jsonapi: Many takes a slice of pointers to structs, not %T", models)
	}
	values := make([]reflect.Value, value.Len())
	for i := range values {
		values[i] = value.Index(i)
		if values[i].Kind() == reflect.Interface {
			values[i] = values[i].Elem()
		}
	}
	if err := w.load(models, values...); err != nil {
		return nil, err
	}
	return w.document((*writer).many)
}

// writer prints one document.
type writer struct {
	view     View
	out      []byte
	primary  []entry
	included []*entry
	index    map[identity]*entry // of both
	whole    map[identity]reflect.Value
}

type identity struct{ resource, id string }

// entry is a resource of the document: google's node of it, and the model, for
// what the node does not know: the order of its fields.
type entry struct {
	node   *google.Node
	model  reflect.Value // a pointer
	shape  *shape
	wanted []*tree // the includes that lead on from here

	foreign *Foreign // instead of all that
}

// load has google turn the models into nodes. The values are the models one by
// one.
func (w *writer) load(models any, values ...reflect.Value) error {
	w.primary = make([]entry, len(values))
	for i, value := range values {
		shape, err := shapeOfModel(value)
		if err != nil {
			return err
		}
		w.primary[i] = entry{model: value, shape: shape}
	}
	nodes, related, err := marshal(models)
	if err != nil {
		return err
	}
	for i, node := range nodes {
		w.primary[i].node = node
	}
	if w.view.Query != nil && len(w.view.Query.Include) > 0 {
		return w.include(treeOf(w.view.Query.Include), related)
	}
	return nil
}

// shapeOfModel refuses what is no model: google would panic on it.
func shapeOfModel(value reflect.Value) (*shape, error) {
	if value.Kind() != reflect.Pointer || value.IsNil() {
		return nil, fmt.Errorf("jsonapi: a model is a pointer to a struct, not %v", value)
	}
	return shapeOf(value.Type().Elem())
}

func marshal(models any) (primary, related []*google.Node, err error) {
	payload, err := google.Marshal(models)
	if err != nil {
		return nil, nil, err
	}
	if many, ok := payload.(*google.ManyPayload); ok {
		return many.Data, many.Included, nil
	}
	one := payload.(*google.OnePayload) // there is no third kind
	return []*google.Node{one.Data}, one.Included, nil
}

// tree is the paths of an include, by their first segments.
type tree struct{ below map[string]*tree }

func treeOf(paths []string) *tree {
	root := &tree{below: map[string]*tree{}}
	for _, path := range paths {
		at := root
		for segment := range strings.SplitSeq(path, ".") {
			next := at.below[segment]
			if next == nil {
				next = &tree{below: map[string]*tree{}}
				at.below[segment] = next
			}
			at = next
		}
	}
	return root
}

// include follows the linkage along the tree, from every primary resource.
func (w *writer) include(root *tree, related []*google.Node) error {
	nodes := make(map[identity]*google.Node, len(related))
	for _, node := range related {
		nodes[identity{node.Type, node.ID}] = node
	}
	if err := w.complete(nodes); err != nil {
		return err
	}
	w.index = make(map[identity]*entry, len(w.primary)+len(related))
	for i := range w.primary {
		e := &w.primary[i]
		w.index[identity{e.node.Type, e.node.ID}] = e
	}
	for i := range w.primary {
		w.follow(&w.primary[i], root, nodes)
	}
	return nil
}

// complete takes in the models that view.Related gives for identities. Without
// it an address could not lead to its customer and a customer to the addresses:
// google never returns from models that lead in a circle.
func (w *writer) complete(nodes map[identity]*google.Node) error {
	if len(w.view.Related) == 0 {
		return nil
	}
	for _, model := range w.view.Related {
		if _, err := shapeOfModel(reflect.ValueOf(model)); err != nil {
			return err
		}
	}
	primary, related, err := marshal(w.view.Related)
	if err != nil {
		return err
	}
	for _, node := range related {
		nodes[identity{node.Type, node.ID}] = node
	}
	w.whole = make(map[identity]reflect.Value, len(primary))
	for i, node := range primary {
		named := identity{node.Type, node.ID}
		nodes[named], w.whole[named] = node, reflect.ValueOf(w.view.Related[i])
	}
	return nil
}

func (w *writer) follow(e *entry, branch *tree, nodes map[identity]*google.Node) {
	if slices.Contains(e.wanted, branch) {
		return // another resource has led here along the same path
	}
	e.wanted = append(e.wanted, branch)
	for _, relation := range e.shape.relations {
		next := branch.below[relation.name]
		if next == nil {
			continue
		}
		models := e.model.Elem().Field(relation.index)
		if relation.model == foreign {
			w.followForeign(relation.foreigners(e))
			continue
		}
		for i, linked := range linkage(e.node.Relationships[relation.name]) {
			model := models
			if relation.many {
				model = models.Index(i)
			}
			w.follow(w.entryOf(identity{linked.Type, linked.ID}, model, nodes), next, nodes)
		}
	}
}

// entryOf returns the resource that linkage names; one that is not in the
// document yet is included.
func (w *writer) entryOf(named identity, model reflect.Value, nodes map[identity]*google.Node) *entry {
	if known := w.index[named]; known != nil {
		return known
	}
	if whole, given := w.whole[named]; given {
		model = whole
	}
	shape, _ := shapeOf(model.Type().Elem()) // known since the one that leads here
	made := &entry{node: nodes[named], model: model, shape: shape}
	w.index[named] = made
	w.included = append(w.included, made)
	return made
}

// foreigners are what a relationship to foreign resources leads to.
func (r *relation) foreigners(e *entry) []*Foreign {
	switch field := e.model.Elem().Field(r.index).Interface().(type) {
	case []*Foreign:
		return field
	case *Foreign:
		if field != nil {
			return []*Foreign{field}
		}
	}
	return nil
}

// followForeign includes those of which more than the identity is known.
func (w *writer) followForeign(all []*Foreign) {
	for _, one := range all {
		named := identity{one.Type, one.ID}
		if one.Attributes == nil || w.index[named] != nil {
			continue
		}
		made := &entry{foreign: one}
		w.index[named] = made
		w.included = append(w.included, made)
	}
}

func linkage(relationship any) []*google.Node {
	switch r := relationship.(type) {
	case *google.RelationshipManyNode:
		return r.Data
	case *google.RelationshipOneNode:
		if r.Data != nil {
			return []*google.Node{r.Data}
		}
	}
	return nil
}

// document prints it, its data by the function given.
func (w *writer) document(data func(*writer) error) ([]byte, error) {
	w.out = make([]byte, 0, 256+1024*(len(w.primary)+len(w.included)))
	members := openList('{')
	if w.view.Version {
		w.out = appendVersion(members.next(w.out), w.view.Profile)
	}
	w.out = append(members.next(w.out), `"data":`...)
	if err := data(w); err != nil {
		return nil, err
	}
	if err := w.linksAndMeta(&members, (*Links)(&w.view.Links), (*Meta)(&w.view.Meta)); err != nil {
		return nil, err
	}
	if w.view.Query != nil && w.view.Query.Include != nil {
		if err := w.compound(); err != nil {
			return nil, err
		}
	}
	return members.close(w.out), nil
}

func (w *writer) null() error {
	w.out = append(w.out, "null"...)
	return nil
}

func (w *writer) one() error { return w.resource(&w.primary[0], w.view.NullID) }

func (w *writer) many() error {
	list := openList('[')
	for i := range w.primary {
		w.out = list.next(w.out)
		if err := w.resource(&w.primary[i], w.view.NullID); err != nil {
			return err
		}
	}
	w.out = list.close(w.out)
	return nil
}

func (w *writer) compound() error {
	w.out = append(w.out, `,"included":`...)
	list := openList('[')
	for _, e := range w.included {
		w.out = list.next(w.out)
		if err := w.resource(e, false); err != nil {
			return err
		}
	}
	w.out = list.close(w.out)
	return nil
}

// resource prints one: type, id, attributes, relationships, links, meta.
func (w *writer) resource(e *entry, nullID bool) error {
	if e.foreign != nil {
		return w.foreign(e.foreign)
	}
	if w.view.Linkage {
		w.out = appendIdentifier(w.out, e.node.Type, e.node.ID)
		return nil
	}
	w.out = appendString(append(w.out, `{"type":`...), e.node.Type)
	w.out = append(w.out, `,"id":`...)
	if nullID {
		w.out = append(w.out, "null"...)
	} else {
		w.out = appendString(w.out, e.node.ID)
	}
	shows := w.fieldset(e.node.Type)
	if err := w.attributes(e, shows); err != nil {
		return err
	}
	if err := w.relationships(e, shows); err != nil {
		return err
	}
	members := list{opening: '{', opened: true}
	if err := w.linksAndMeta(&members, e.node.Links, e.node.Meta); err != nil {
		return err
	}
	w.out = members.close(w.out)
	return nil
}

func (w *writer) foreign(one *Foreign) (err error) {
	w.out = appendString(append(w.out, `{"type":`...), one.Type)
	w.out = appendString(append(w.out, `,"id":`...), one.ID)
	if w.out, err = appendValue(append(w.out, `,"attributes":`...), one.Attributes); err != nil {
		return fmt.Errorf("jsonapi: attributes of %s: %w", one.Type, err)
	}
	w.out = append(w.out, '}')
	return nil
}

// fieldset is what fields[type] lets through.
type fieldset struct {
	narrowed bool
	names    []string
}

func (f fieldset) has(name string) bool { return !f.narrowed || slices.Contains(f.names, name) }

func (w *writer) fieldset(resource string) fieldset {
	if w.view.Query == nil {
		return fieldset{}
	}
	names, narrowed := w.view.Query.Fields[resource]
	return fieldset{narrowed, names}
}

func (w *writer) attributes(e *entry, shows fieldset) error {
	w.out = append(w.out, `,"attributes":`...)
	list := openList('{')
	for i := range e.shape.attributes {
		attribute := &e.shape.attributes[i]
		value, there := e.node.Attributes[attribute.name]
		if !there || !shows.has(attribute.name) {
			continue
		}
		var err error
		if w.out, err = appendValue(append(list.next(w.out), attribute.key...), value); err != nil {
			return fmt.Errorf("jsonapi: attribute %s of %s: %w", attribute.name, e.node.Type, err)
		}
	}
	w.out = list.close(w.out)
	return nil
}

func (w *writer) relationships(e *entry, shows fieldset) error {
	before := len(w.out)
	w.out = append(w.out, `,"relationships":`...)
	list := openList('{')
	for i := range e.shape.relations {
		relation := &e.shape.relations[i]
		if !shows.has(relation.name) {
			continue
		}
		if err := w.relationship(e, relation, &list); err != nil {
			return err
		}
	}
	if !list.opened {
		w.out = w.out[:before]
		return nil
	}
	w.out = list.close(w.out)
	return nil
}

// relationship prints one, unless there is nothing to tell.
func (w *writer) relationship(e *entry, r *relation, relationships *list) error {
	members := openList('{')
	if r.model == foreign {
		w.foreignRelationship(e, r, relationships)
		return nil
	}
	switch node := e.node.Relationships[r.name].(type) {
	case *google.RelationshipOneNode:
		w.out = append(append(relationships.next(w.out), r.key...), `{"data":`...)
		members.opened = true
		if node.Data == nil {
			w.out = append(w.out, "null"...)
			node.Links = e.relationshipLinks(r.name) // google leaves them out with null
		} else {
			w.out = appendIdentifier(w.out, node.Data.Type, node.Data.ID)
		}
		return w.endRelationship(&members, node.Links, node.Meta)
	case *google.RelationshipManyNode:
		included := e.includes(r.name)
		if !included && node.Links == nil && node.Meta == nil {
			return nil
		}
		w.out = append(relationships.next(w.out), r.key...)
		if included {
			w.out = append(members.next(w.out), `"data":`...)
			w.identifiers(node.Data)
		}
		return w.endRelationship(&members, node.Links, node.Meta)
	}
	return nil // tagged omitempty, and empty
}

// foreignRelationship prints the linkage, if anything is known of it.
func (w *writer) foreignRelationship(e *entry, r *relation, relationships *list) {
	if e.model.Elem().Field(r.index).IsNil() {
		return
	}
	w.out = append(append(relationships.next(w.out), r.key...), `{"data":`...)
	linked := openList('[')
	for _, one := range r.foreigners(e) {
		if r.many {
			w.out = linked.next(w.out)
		}
		w.out = appendIdentifier(w.out, one.Type, one.ID)
	}
	if r.many {
		w.out = linked.close(w.out)
	}
	w.out = append(w.out, '}')
}

func (w *writer) identifiers(nodes []*google.Node) {
	list := openList('[')
	for _, node := range nodes {
		w.out = appendIdentifier(list.next(w.out), node.Type, node.ID)
	}
	w.out = list.close(w.out)
}

func (w *writer) endRelationship(members *list, links *Links, meta *Meta) error {
	if err := w.linksAndMeta(members, links, meta); err != nil {
		return err
	}
	w.out = members.close(w.out)
	return nil
}

func (e *entry) relationshipLinks(name string) *Links {
	if model, ok := e.model.Interface().(google.RelationshipLinkable); ok {
		return model.JSONAPIRelationshipLinks(name)
	}
	return nil
}

// includes reports whether an include leads along a relationship.
func (e *entry) includes(name string) bool {
	return slices.ContainsFunc(e.wanted, func(t *tree) bool { return t.below[name] != nil })
}

func (w *writer) linksAndMeta(members *list, links *Links, meta *Meta) error {
	if links != nil && len(*links) > 0 {
		w.out = append(members.next(w.out), `"links":`...)
		if err := w.links(*links); err != nil {
			return err
		}
	}
	if meta != nil && len(*meta) > 0 {
		var err error
		if w.out, err = appendEncoded(append(members.next(w.out), `"meta":`...), *meta); err != nil {
			return fmt.Errorf("jsonapi: meta: %w", err)
		}
	}
	return nil
}

// links prints them in the order of their names.
func (w *writer) links(links Links) error {
	var few [4]string
	names := few[:0]
	for name := range links {
		names = append(names, name)
	}
	slices.Sort(names)
	list := openList('{')
	for _, name := range names {
		w.out = append(appendString(list.next(w.out), name), ':')
		var err error
		if w.out, err = appendValue(w.out, links[name]); err != nil {
			return fmt.Errorf("jsonapi: link %s: %w", name, err)
		}
	}
	w.out = list.close(w.out)
	return nil
}
