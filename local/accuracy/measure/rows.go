package measure

import (
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Command runs a command that compares predictions with measurements: it reads the file of the flag
// -data and prints the report of its rows.
func Command[Row any](name string, arguments []string, read func(io.Reader) ([]Row, error), report func(rows []Row, shapes Shapes, verbose bool) string) error {
	flags := flag.NewFlagSet(name, flag.ExitOnError)
	data := flags.String("data", "", "the measurements, a CSV file")
	configs := flags.String("configs", "", "a folder with config.json files of models, as ORG/NAME/config.json or ORG--NAME.json, "+
		"or without ORG (default: the folder of the data, and configs in it)")
	verbose := flags.Bool("v", false, "print every row")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *data == "" {
		return fmt.Errorf("DATA: it is missing; name the file of measurements: make %s DATA=file.csv", name)
	}
	rows, err := ReadFile(*data, read)
	if err != nil {
		return err
	}
	shapes := Shapes{Folders: []string{*configs}}
	if *configs == "" {
		folder := filepath.Dir(*data)
		shapes.Folders = []string{folder, filepath.Join(folder, "configs")}
	}
	fmt.Print(report(rows, shapes, *verbose))
	return nil
}

// ReadFile returns the rows of a file.
func ReadFile[Row any](path string, read func(io.Reader) ([]Row, error)) ([]Row, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}

// Cell returns the value of a column in one row, without spaces around it.
type Cell func(column string) string

// Number returns the value of a column as a number, 0 for anything else.
func (c Cell) Number(column string) float64 {
	x, err := strconv.ParseFloat(c(column), 64)
	if err != nil {
		return 0
	}
	return x
}

// Count returns the value of a column as a whole number, 0 for anything else.
func (c Cell) Count(column string) int { return int(c.Number(column)) }

// ReadRows reads a CSV file that has a header with these columns, among others, and
// returns a row for each of its records.
func ReadRows[Row any](source io.Reader, columns []string, row func(Cell) Row) ([]Row, error) {
	r := csv.NewReader(source)
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff") // spreadsheets write it
	for _, name := range columns {
		if !slices.Contains(header, name) {
			return nil, fmt.Errorf("the column %s is missing", name)
		}
	}
	records, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, record := range records {
		rows = append(rows, row(func(name string) string { return strings.TrimSpace(record[slices.Index(header, name)]) }))
	}
	return rows, nil
}

// Documented compares what a page shows of a command with what the command prints, or
// writes that into the page.
func Documented(page, command, prints string, update bool) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	command = "```console\n$ " + command + "\n"
	before, rest, found := strings.Cut(string(text), command)
	shown, after, closed := strings.Cut(rest, "```")
	switch {
	case !found || !closed:
		return fmt.Errorf("%s does not show the command", page)
	case update:
		return os.WriteFile(page, []byte(before+command+prints+"```"+after), 0o644)
	case shown != prints:
		return fmt.Errorf("%s shows\n%s\nbut it prints\n%s", page, shown, prints)
	}
	return nil
}
