// Package grafana renders dashboards as the JSON that Grafana imports. It is pure.
package grafana

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
)

const (
	// Tag is the tag of every dashboard. Each dashboard links to those with the tag.
	Tag = "vllm-eks"

	uidPrefix = "vllm-eks-"
	refresh   = "30s"
	// step is the resolution of annotations.
	step = "60s"
)

// UID returns the identifier of a dashboard in Grafana, which is a part of its address.
func UID(d dashboards.Dashboard) string { return uidPrefix + d.Name }

// JSON returns a dashboard as Grafana imports it: the classic model of dashboards, indented.
func JSON(d dashboards.Dashboard) ([]byte, error) {
	//nolint:staticcheck // The sidecar of Grafana loads the classic model, and not the new one.
	b := dashboard.NewDashboardBuilder(d.Title).Uid(UID(d)).Description(d.Description).Tags([]string{Tag}).
		Time("now-1h", "now").Refresh(refresh).Timezone("browser").Readonly().Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Link(links()).
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus"))
	for _, v := range dashboards.Variables() {
		b.WithVariable(variable(v, d.OneModel))
	}
	for _, a := range dashboards.Annotations() {
		b.Annotation(dashboard.NewAnnotationQueryBuilder().Name(a.Name).Datasource(source()).Enable(true).IconColor(a.Color).
			Expr(a.Expr).TitleFormat(a.Legend).Step(step))
	}
	var id uint32
	for _, row := range d.Rows {
		id++
		b.WithRow(dashboard.NewRowBuilder(row.Title).Id(id))
		for _, p := range row.Panels {
			id++
			b.WithPanel(panel(p, id))
		}
	}
	built, err := b.Build()
	if err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", d.Name, err)
	}
	// The library hides them in a menu by default.
	for i := range built.Links {
		built.Links[i].Placement = nil
	}
	for i := range built.Annotations.List {
		built.Annotations.List[i].Placement = nil
	}
	text, err := json.MarshalIndent(built, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", d.Name, err)
	}
	return append(text, '\n'), nil
}

// source returns the data source that users choose.
func source() common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}
}

// links returns the links to the other dashboards, which keep the time and the variables.
func links() cog.Builder[dashboard.DashboardLink] {
	return dashboard.NewDashboardLinkBuilder("vLLM").Type(dashboard.DashboardLinkTypeDashboards).Tags([]string{Tag}).
		IncludeVars(true).KeepTime(true).Icon("external link")
}

// variable returns a variable of models. Dashboards of any number of models choose every model
// at first.
func variable(v dashboards.Variable, one bool) cog.Builder[dashboard.VariableModel] {
	query := fmt.Sprintf("label_values(%s, %s)", v.Metric, v.Label)
	b := dashboard.NewQueryVariableBuilder(v.Name).Label(v.Title).Datasource(source()).
		Query(dashboard.StringOrMap{String: &query}).Definition(query).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc)
	if one {
		return b
	}
	return b.Multi(true).IncludeAll(true).Current(dashboard.VariableOption{
		Selected: cog.ToPtr(true),
		Text:     dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
		Value:    dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
	})
}
