package measure

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Cell returns the value of a column in one row, without spaces around it.
type Cell func(column string) string

// ReadRows reads a CSV file that has a header with these columns, among others, and
// makes a row of each of its records.
func ReadRows[Row any](from io.Reader, columns []string, row func(Cell) Row) ([]Row, error) {
	r := csv.NewReader(from)
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff") // of spreadsheets
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

// Read reads the file of measurements that a command was given, and returns where the
// models of its rows are looked up: in a folder, or beside the file if that is empty.
func Read[Row any](data, folder string, read func(io.Reader) ([]Row, error)) ([]Row, Shapes, error) {
	file, err := os.Open(data)
	if err != nil {
		return nil, Shapes{}, err
	}
	defer file.Close()
	rows, err := read(file)
	if err != nil {
		return nil, Shapes{}, fmt.Errorf("%s: %w", data, err)
	}
	if folder != "" {
		return rows, Shapes{Folders: []string{folder}}, nil
	}
	return rows, Shapes{Folders: beside(data)}, nil
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
