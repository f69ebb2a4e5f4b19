package fork

// Also gives TestMain another role, that of an example.
func Also(role any) { also = append(also, role) }

var also []any
