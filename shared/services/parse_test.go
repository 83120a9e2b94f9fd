package services_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/synthsync/synthsync/shared/services"
)

const defaultRules = "../../functions/fetch-configurations/fetch/default-services.yaml"

func parse(t *testing.T, text string) services.Rules {
	t.Helper()
	rules, err := services.Parse("rules.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// The README's example shows every key that there is, and is right as it stands.
func TestParse_TheExampleOfTheREADME_SaysWhatItsCommentsSay(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(readme), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	want := services.Rules{
		{
			Service: "Managed Workstations", Description: "Managed Workstations", Category: "other", Subcategory: "other",
			Types: []services.Entry{{Name: "Desktop"}, {Name: "Laptop"}, {ID: 12}},
		},
		{
			Service: "Managed Servers", Description: "Servers, on site", Category: "infrastructure",
			Subcategory: "server management and support", Formerly: []string{"Servers"}, Types: []services.Entry{{Name: "Server"}},
		},
		{
			Service: "Everything Else", Description: "Everything Else", Category: "other", Subcategory: "other",
			AllTypesExcept: []services.Entry{{Name: "Desktop"}, {Name: "Laptop"}, {Name: "Server"}},
		},
		{Service: "Network Devices", Description: "Network Devices", Category: "other", Subcategory: "other", Retired: true},
	}
	if diff := cmp.Diff(want, parse(t, example)); diff != "" {
		t.Error(diff)
	}
	for _, key := range []string{"service", "description", "category", "subcategory", "formerly", "types", "allTypesExcept", "retired"} {
		if !strings.Contains(example, key+": ") {
			t.Errorf("it does not show the key %q", key)
		}
	}
}

func TestParse_DefaultRules(t *testing.T) {
	text, err := os.ReadFile(defaultRules)
	if err != nil {
		t.Fatal(err)
	}
	want := services.Rules{
		{
			Service: "Managed Workstations", Description: "Laptops and desktops", Category: "other", Subcategory: "other",
			Types: []services.Entry{{Name: "Desktop"}, {Name: "Laptop"}},
		},
		{
			Service: "Managed Servers", Description: "Servers", Category: "other", Subcategory: "other",
			Types: []services.Entry{{Name: "Server"}},
		},
	}
	if diff := cmp.Diff(want, parse(t, string(text))); diff != "" {
		t.Error(diff)
	}
}

func TestParse_DefaultRules_EachOptionInAComment_IsValid(t *testing.T) {
	text, err := os.ReadFile(defaultRules)
	if err != nil {
		t.Fatal(err)
	}
	if rules := parse(t, strings.Replace(string(text), "# formerly:", "formerly:", 1)); rules[1].Formerly[0] != "Servers" {
		t.Errorf("formerly = %v", rules[1].Formerly)
	}
	_, options, _ := strings.Cut(string(text), "\n# - service:")
	options = "# - service:" + options
	retired, except, ok := strings.Cut(uncomment(options), "\n\n")
	if !ok {
		t.Fatal("two options in comments were expected")
	}
	if rules := parse(t, retired); !rules[0].Retired {
		t.Errorf("the first option is %q", retired)
	}
	if rules := parse(t, except); len(rules[0].AllTypesExcept) != 4 {
		t.Errorf("the second option is %q", except)
	}
}

func uncomment(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "# ")
	}
	return strings.Join(lines, "\n")
}

func TestParse_JSON(t *testing.T) {
	rules := parse(t, `[{"service":"Managed Servers","description":"Servers","category":"infrastructure",
		"subcategory":"server management and support","formerly":["Servers","Server"],"types":["Server",12]},
		{"service":"Rest","allTypesExcept":["Server"],"retired":false},{"service":"Old","retired":true}]`)
	want := services.Rules{
		{
			Service: "Managed Servers", Description: "Servers", Category: "infrastructure", Subcategory: "server management and support",
			Formerly: []string{"Servers", "Server"}, Types: []services.Entry{{Name: "Server"}, {ID: 12}},
		},
		{Service: "Rest", Description: "Rest", Category: "other", Subcategory: "other", AllTypesExcept: []services.Entry{{Name: "Server"}}},
		{Service: "Old", Description: "Old", Category: "other", Subcategory: "other", Retired: true},
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Error(diff)
	}
}

func TestParse_Entry_NumberIsAnID_InQuotesAName(t *testing.T) {
	rules := parse(t, `- {service: A, types: [365, "365", '12', "Desktop", ESXi Host, "it's: a \"type\""]}`)
	want := []services.Entry{{ID: 365}, {Name: "365"}, {Name: "12"}, {Name: "Desktop"}, {Name: "ESXi Host"}, {Name: `it's: a "type"`}}
	if diff := cmp.Diff(want, rules[0].Types); diff != "" {
		t.Error(diff)
	}
	if id, name := rules[0].Types[0].String(), rules[0].Types[1].String(); id != "365" || name != `"365"` {
		t.Errorf("the id reads %s, the name reads %s; they must differ", id, name)
	}
}

func TestParse_IsForgivingAboutForm(t *testing.T) {
	for name, text := range map[string]string{
		"byte order mark":          "\ufeff- service: A\n  types: [B]\n",
		"carriage returns":         "- service: A\r\n  types:\r\n    - B\r\n",
		"document markers":         "---\n- service: A\n  types: [B]\n...\n",
		"blanks around":            "- service: '  A  '\n  types: ['\tB ']\n",
		"comments":                 "# x\n- service: A # y\n  # z\n  types: [B] # w\n# v\n",
		"one former name":          "- service: A\n  types: [B]\n",
		"retired false":            "- service: A\n  types: [B]\n  retired: false\n",
		"description over lines":   "- service: A\n  description: >-\n    A\n  types: [B]\n",
		"key after the block list": "- types:\n  - B\n  service: A\n",
	} {
		rules := parse(t, text)
		want := services.Rules{{Service: "A", Description: "A", Category: "other", Subcategory: "other", Types: []services.Entry{{Name: "B"}}}}
		if diff := cmp.Diff(want, rules); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if rules := parse(t, "- service: A\n  formerly: Z\n  types: [B]\n"); rules[0].Formerly[0] != "Z" {
		t.Errorf("formerly = %v", rules[0].Formerly)
	}
}

func TestParse_OwnNameInAnotherCase_MayBeFormerly(t *testing.T) {
	if rules := parse(t, "- service: Servers\n  formerly: servers\n  types: [B]\n"); rules[0].Formerly[0] != "servers" {
		t.Errorf("formerly = %v", rules[0].Formerly)
	}
}

func TestParse_Faults_NamePlaceAndRemedy(t *testing.T) {
	tests := map[string]struct {
		text string
		want string // begins the error
		say  string // stands in it
	}{
		"empty text":               {"", "rules.yaml:1:1: no text", "- service: NAME"},
		"blank text":               {" \n\t\n", "rules.yaml:1:1: no text", "- service: NAME"},
		"comments only":            {"# nothing yet\n", "rules.yaml:1:1: no rules", "- service: NAME"},
		"empty list":               {"[]", "rules.yaml:1:1: no rules", "- service: NAME"},
		"no list":                  {"service: A\ntypes: [B]\n", "rules.yaml:1:1: a mapping", "list of rules"},
		"a text":                   {"Desktop", "rules.yaml:1:1: a text", "list of rules"},
		"not UTF-8":                {"- service: M\xfcller\n", "rules.yaml:1:1: not UTF-8", "save"},
		"two documents":            {"- {service: A, types: [B]}\n---\n- {service: C, types: [D]}\n", "rules.yaml:3:1: a second document", "one list"},
		"not YAML":                 {"- service: A\n  types: [B\n", "rules.yaml:2:", "not readable as YAML"},
		"a rule that is a text":    {"- A\n", "rules.yaml:1:3: a text", "service: NAME"},
		"no name":                  {"- types: [B]\n", "rules.yaml:1:3: a rule without a name", "add 'service: NAME'"},
		"blank name":               {"- service: ' '\n  types: [B]\n", "rules.yaml:1:3: service is empty", "write"},
		"name is nothing":          {"- service:\n  types: [B]\n", "rules.yaml:1:3: nothing where the text of service", "write"},
		"name is a number":         {"- service: 365\n  types: [B]\n", "rules.yaml:1:3: the number 365", "in quotes"},
		"name over two lines":      {"- service: |\n    A\n    B\n  types: [B]\n", "rules.yaml:1:3: service has a line break", "one line"},
		"nothing counted":          {"- service: A\n", `rules.yaml:1:3: the rule of service "A" counts nothing`, "retired: true"},
		"retired: false alone":     {"- service: A\n  retired: false\n", "rules.yaml:1:3: the rule", "counts nothing"},
		"retired: yes":             {"- service: A\n  types: [B]\n  retired: yes\n", "rules.yaml:3:3: a text", "true or false"},
		"empty types":              {"- service: A\n  types: []\n", "rules.yaml:2:3: types is empty", "name types"},
		"types is one":             {"- service: A\n  types: Desktop\n", "rules.yaml:2:3: a text where types should be a list", "[Desktop, Laptop]"},
		"both":                     {"- service: A\n  types: [B]\n  allTypesExcept: [C]\n", "rules.yaml:3:3: types and allTypesExcept", "keep one"},
		"two rules, one name":      {"- {service: Straße, types: [B]}\n- {service: ' STRAßE ', types: [C]}\n", "rules.yaml:2:4: two rules are named", "line 1"},
		"formerly another's name":  {"- {service: A, types: [B]}\n- service: C\n  formerly: [X, a]\n  types: [D]\n", "rules.yaml:3:17: formerly \"a\" is what another rule is called (line 1)", ""},
		"formerly twice":           {"- {service: A, formerly: X, types: [B]}\n- {service: C, formerly: x, types: [D]}\n", "rules.yaml:2:", "formerly \"x\" stands twice"},
		"unknown key":              {"- service: A\n  typs: [B]\n  types: [B]\n", "rules.yaml:2:3: unknown key \"typs\"", "allTypesExcept"},
		"key in another case":      {"- service: A\n  Types: [B]\n  types: [B]\n", "rules.yaml:2:3: unknown key \"Types\"", "types"},
		"a key twice":              {"- service: A\n  types: [B]\n  types: [C]\n", "rules.yaml:3:3: \"types\" stands twice", "line 2"},
		"unknown category":         {"- service: A\n  category: servers\n  types: [B]\n", "rules.yaml:2:3: category \"servers\"", "service delivery"},
		"category's case":          {"- service: A\n  category: Other\n  types: [B]\n", "rules.yaml:2:3: category \"Other\"", "write \"other\""},
		"subcategory's spelling":   {"- service: A\n  subcategory: dns filtering\n  types: [B]\n", "rules.yaml:2:3: subcategory", "write \"DNS filtering\""},
		"a type twice":             {"- service: A\n  types: [Desktop, desktop]\n", "rules.yaml:2:20: types names the type desktop twice", "remove"},
		"an id of 0":               {"- service: A\n  types: [0]\n", "rules.yaml:2:11: types: 0 is no type id", "in quotes"},
		"an id below 0":            {"- service: A\n  types: [-3]\n", "rules.yaml:2:11: types: -3 is no type id", ""},
		"an id in octal":           {"- service: A\n  types: [012]\n", "rules.yaml:2:11: types: 012 is no type id", ""},
		"an id in hex":             {"- service: A\n  types: [0x1F]\n", "rules.yaml:2:11: types: 0x1F is no type id", ""},
		"an id beyond all numbers": {"- service: A\n  types: [99999999999999999999]\n", "rules.yaml:2:11: types: 99999999999999999999 is no type id", ""},
		"a broken number":          {"- service: A\n  types: [1.5]\n", "rules.yaml:2:11: the number 1.5", "in quotes"},
		"a type true":              {"- service: A\n  types: [true]\n", "rules.yaml:2:11: true where types", "in quotes"},
		"a type of nothing":        {"- service: A\n  types: [~]\n", "rules.yaml:2:11: nothing where types", ""},
		"a blank type":             {"- service: A\n  types: ['']\n", "rules.yaml:2:11: types is empty", ""},
		"a list in a list":         {"- service: A\n  types: [[B]]\n", "rules.yaml:2:11: a list where types", ""},
		"an alias":                 {"- service: &a A\n  types: [B]\n", "rules.yaml:1:3: an anchor or alias", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rules, err := services.Parse("rules.yaml", []byte(tt.text))
			if err == nil {
				t.Fatalf("accepted as %+v", rules)
			}
			if rules != nil {
				t.Errorf("rules beside an error: %+v", rules)
			}
			if !strings.HasPrefix(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("got  %v\nwant %s … %s", err, tt.want, tt.say)
			}
			if n := strings.Count(err.Error(), "\n"); n > 0 {
				t.Errorf("one fault is reported %d times: %v", n+1, err)
			}
		})
	}
}

func TestParse_AllFaultsAtOnce_InOrder(t *testing.T) {
	_, err := services.Parse("SERVICES", []byte(`- service: A
  category: Other
  typs: [B]
- description: nameless
  types: [C, 0]
- service: a
  retired: true
`))
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("not joined: %v", err)
	}
	var lines []int
	for _, one := range joined.Unwrap() {
		var fault *services.Fault
		if !errors.As(one, &fault) || fault.Source != "SERVICES" || fault.Column == 0 {
			t.Fatalf("not a fault with a place: %v", one)
		}
		lines = append(lines, fault.Line)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6}, lines); diff != "" {
		t.Errorf("%s\n%v", diff, err)
	}
}

func TestParse_TooLong(t *testing.T) {
	_, err := services.Parse("x", []byte("# "+strings.Repeat("x", 1<<20)))
	if err == nil || !strings.Contains(err.Error(), "right file") {
		t.Errorf("err = %v", err)
	}
}

func TestParse_DeepNesting_IsAFault(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", 2_000), strings.Repeat("- ", 2_000), strings.Repeat("{a: ", 1_000)} {
		if _, err := services.Parse("x", []byte(text)); err == nil {
			t.Error("accepted")
		}
	}
}

func TestRetired_MayKeepItsTypes(t *testing.T) {
	rules := parse(t, "- service: A\n  types: [Desktop]\n  retired: true\n")
	matched, _, err := rules.Match([]services.Type{{ID: 1, Name: "Desktop", Active: true}})
	if err != nil {
		t.Fatal(err)
	}
	if catches := matched.Catches(1); len(catches) != 0 {
		t.Errorf("a retired service counts: %v", catches)
	}
}
