package repocheck

import (
	"slices"
	"testing"
)

// A rule is something that holds for the whole repository.
type rule struct {
	name  string              // what holds
	check func(tree) []string // complaints, "path: what is wrong"

	// A tree that breaks the rule, with neighbours that keep it, and the complaints that follow.
	breach     tree
	complaints []string
}

var rules = []rule{
	importsFollowTheArrows,
	packagesHaveAComment,
	exportedNamesHaveAComment,
	filesAreShort,
	nothingIsLeftUndone,
	noPathOfAMachine,
	linksLeadSomewhere,
	dependenciesAreListed,
	generatorsMatchTheLibraries,
	debianPackagesAreSorted,
	readmeNamesTheTestCommand,
	reasonsAreExplained,
}

func TestRepositoryKeepsTheRules(t *testing.T) {
	t.Parallel()
	repository := load(t, "../..")
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			for _, complaint := range r.check(repository) {
				t.Error(complaint)
			}
		})
	}
}

func TestRulesFindABreach(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			got, want := r.check(r.breach), slices.Clone(r.complaints)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("complaints\n%q, want\n%q", got, want)
			}
		})
	}
}
