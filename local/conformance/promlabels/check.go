package promlabels

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Check returns the labels that the result of a query may have, and the problems of the query.
func (m Metrics) Check(query string) (Labels, []string) {
	expr, err := parser.ParseExpr(query)
	if err != nil {
		return nil, []string{err.Error()}
	}
	c := &checker{metrics: m}
	result := c.labels(expr)
	return result, c.problems
}

// checker collects the problems of one query.
type checker struct {
	metrics  Metrics
	problems []string
}

func (c *checker) report(format string, values ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, values...))
}

// need reports each name that is not among the labels of an expression.
func (c *checker) need(known Labels, names []string, expr parser.Expr) {
	for _, name := range names {
		if !known[name] {
			c.report("the label %s is not among the labels %s of %s", name, known, expr)
		}
	}
}

// labels returns the labels that the result of an expression may have.
func (c *checker) labels(expr parser.Expr) Labels {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		return c.selector(e)
	case *parser.MatrixSelector:
		return c.labels(e.VectorSelector)
	case *parser.SubqueryExpr:
		return c.labels(e.Expr)
	case *parser.ParenExpr:
		return c.labels(e.Expr)
	case *parser.UnaryExpr:
		return c.labels(e.Expr)
	case *parser.StepInvariantExpr:
		return c.labels(e.Expr)
	case *parser.AggregateExpr:
		return c.aggregate(e)
	case *parser.BinaryExpr:
		return c.binary(e)
	case *parser.Call:
		return c.call(e)
	default: // a number or a string
		return Labels{}
	}
}

func (c *checker) selector(e *parser.VectorSelector) Labels {
	known, found := c.metrics[e.Name]
	if !found {
		c.report("no metric has the name %q", e.Name)
		return Labels{}
	}
	for _, matcher := range e.LabelMatchers {
		if matcher.Name != labels.MetricName {
			c.need(known, []string{matcher.Name}, e)
		}
	}
	return known
}

func (c *checker) aggregate(e *parser.AggregateExpr) Labels {
	inner := c.labels(e.Expr)
	if e.Without {
		return inner.without(e.Grouping...)
	}
	c.need(inner, e.Grouping, e.Expr)
	switch e.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return inner
	case parser.COUNT_VALUES:
		return LabelsOf(e.Grouping...).union(LabelsOf(text(e.Param)))
	}
	return LabelsOf(e.Grouping...)
}

func (c *checker) call(e *parser.Call) Labels {
	var inner Labels
	for _, argument := range e.Args {
		if found := c.labels(argument); argument.Type() == parser.ValueTypeVector || argument.Type() == parser.ValueTypeMatrix {
			inner = found
		}
	}
	switch e.Func.Name {
	case "label_replace":
		if source := text(e.Args[3]); source != "" {
			c.need(inner, []string{source}, e.Args[0])
		}
		return inner.union(LabelsOf(text(e.Args[1])))
	case "histogram_quantile", "histogram_fraction":
		c.need(inner, []string{"le"}, e.Args[len(e.Args)-1])
		return inner.without("le")
	case "vector", "scalar", "time":
		return Labels{}
	}
	if inner == nil {
		return Labels{}
	}
	return inner
}

func (c *checker) binary(e *parser.BinaryExpr) Labels {
	left, right := c.labels(e.LHS), c.labels(e.RHS)
	matching := e.VectorMatching
	if matching == nil { // at least one side is a number
		return left.union(right)
	}
	if matching.On {
		c.need(left, matching.MatchingLabels, e.LHS)
		c.need(right, matching.MatchingLabels, e.RHS)
	} else if l, r := left.without(matching.MatchingLabels...), right.without(matching.MatchingLabels...); e.Op != parser.LOR && l.String() != r.String() {
		c.report("the sides have different labels, %s and %s, in %s", l, r, e)
	}
	switch {
	case e.Op == parser.LOR:
		return left.union(right)
	case e.Op == parser.LAND || e.Op == parser.LUNLESS:
		return left
	case matching.Card == parser.CardManyToOne:
		c.need(right, matching.Include, e.RHS)
		return left.union(LabelsOf(matching.Include...))
	case matching.Card == parser.CardOneToMany:
		c.need(left, matching.Include, e.LHS)
		return right.union(LabelsOf(matching.Include...))
	case matching.On:
		return LabelsOf(matching.MatchingLabels...)
	}
	return left.without(matching.MatchingLabels...)
}

// text returns the value of a string in a query.
func text(expr parser.Expr) string {
	for {
		switch e := expr.(type) {
		case *parser.ParenExpr:
			expr = e.Expr
		case *parser.StepInvariantExpr:
			expr = e.Expr
		case *parser.StringLiteral:
			return e.Val
		default:
			return ""
		}
	}
}

// Names returns the names of the metrics of a query, sorted.
func Names(query string) ([]string, error) {
	expr, err := parser.ParseExpr(query)
	if err != nil {
		return nil, err
	}
	var names []string
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			names = append(names, selector.Name)
		}
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), nil
}
