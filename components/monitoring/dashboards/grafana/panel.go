package grafana

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
)

// Heights of panels, in units of Grafana's grid.
const (
	chartHeight  = 8
	numberHeight = 4
)

// panel returns the builder of a panel.
func panel(p dashboards.Panel, id uint32) *dashboard.PanelBuilder {
	b := dashboard.NewPanelBuilder().Id(id).Title(p.Title).Description(p.Description).Unit(string(p.Unit)).
		Datasource(source()).Span(uint32(p.Width)).Height(chartHeight).Min(0)
	if p.Unit == dashboards.Share {
		b.Max(1)
	}
	for i, q := range p.Queries {
		b.WithTarget(target(p, q, refID(i)))
	}
	switch p.Kind {
	case dashboards.Number:
		options := stat.NewOptions()
		options.ColorMode, options.GraphMode = common.BigValueColorModeNone, common.BigValueGraphModeNone
		options.ReduceOptions.Calcs = []string{"lastNotNull"}
		options.Orientation = common.VizOrientationAuto
		return b.Type("stat").Height(numberHeight).Options(options)
	case dashboards.Table:
		return asTable(b, p)
	default:
		return asChart(b, p)
	}
}

// refID returns the identifier of the query with an index: A, B, C.
func refID(index int) string { return string(rune('A' + index)) }

// target returns the builder of a query. A number and a table show the latest values.
func target(p dashboards.Panel, q dashboards.Query, id string) *prometheus.DataqueryBuilder {
	b := prometheus.NewDataqueryBuilder().Datasource(source()).Expr(q.Expr).LegendFormat(q.Legend).RefId(id).EditorMode(prometheus.QueryEditorModeCode)
	switch p.Kind {
	case dashboards.Number:
		return b.Instant()
	case dashboards.Table:
		return b.Instant().Format(prometheus.PromQueryFormatTable)
	default:
		return b.Range()
	}
}

// asChart makes a panel a chart over time. Values to compare with are dashed lines.
func asChart(b *dashboard.PanelBuilder, p dashboards.Panel) *dashboard.PanelBuilder {
	custom := timeseries.NewFieldConfig()
	custom.DrawStyle = cog.ToPtr(common.GraphDrawStyleLine)
	custom.LineWidth = cog.ToPtr(1.0)
	custom.FillOpacity = cog.ToPtr(10.0)
	custom.ShowPoints = cog.ToPtr(common.VisibilityModeNever)
	if p.Stacked {
		custom.FillOpacity = cog.ToPtr(30.0)
		custom.Stacking = &common.StackingConfig{Mode: cog.ToPtr(common.StackingModeNormal), Group: cog.ToPtr("A")}
	}
	options := timeseries.NewOptions()
	options.Legend.ShowLegend = true
	options.Tooltip.Mode, options.Tooltip.Sort = common.TooltipDisplayModeMulti, common.SortOrderDescending
	b.Type("timeseries").Options(options).Custom(custom)
	for i, q := range p.Queries {
		if q.Reference {
			b.OverrideByQuery(refID(i), []dashboard.DynamicConfigValue{
				{Id: "custom.lineStyle", Value: common.LineStyle{Fill: cog.ToPtr(common.LineStyleFillDash), Dash: []float64{10, 10}}},
				{Id: "custom.fillOpacity", Value: 0},
				{Id: "custom.stacking", Value: common.StackingConfig{Mode: cog.ToPtr(common.StackingModeNone)}},
			})
		}
	}
	return b
}

// asTable makes a panel a table with a row for each model. Grafana names the columns of merged
// queries "Value #A".
func asTable(b *dashboard.PanelBuilder, p dashboards.Panel) *dashboard.PanelBuilder {
	names, places := map[string]string{}, map[string]int{"namespace": 0, "service": 1}
	for i, q := range p.Queries {
		column := "Value #" + refID(i)
		names[column], places[column] = q.Legend, 2+i
		unit := p.Unit
		if q.Unit != "" {
			unit = q.Unit
		}
		b.OverrideByName(q.Legend, []dashboard.DynamicConfigValue{{Id: "unit", Value: string(unit)}})
	}
	address := fmt.Sprintf("/d/%smodel?${__url_time_range}&var-datasource=${datasource}&var-namespace=${__data.fields.namespace}&var-service=${__data.fields.service}", uidPrefix)
	b.OverrideByName("service", []dashboard.DynamicConfigValue{{Id: "links", Value: []map[string]string{{"title": "Open the model", "url": address}}}})
	options := table.NewOptions()
	options.Footer = nil
	return b.Type("table").Options(options).Custom(table.NewFieldConfig()).
		WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": map[string]bool{"Time": true}, "indexByName": places, "renameByName": names,
		}})
}
