package fork

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
)

// find returns the role of that name, or says why it can't be called with so many ints.
func find(name string, nargs int) (any, error) {
	role, ok := roles[name]
	if roles == nil {
		return nil, errors.New("the program has not called fork.Main: call it first thing in main")
	} else if !ok {
		return nil, fmt.Errorf("%s is not one of the roles given to fork.Main: add it there", name)
	}
	t := reflect.TypeOf(role)
	good := t != nil && t.Kind() == reflect.Func && !reflect.ValueOf(role).IsNil() && t.NumOut() == 0
	for i := 0; good && i < t.NumIn(); i++ {
		good = t.In(i) == reflect.TypeFor[int]()
	}
	if !good {
		return nil, fmt.Errorf("%s is a %T: a role is a function that takes ints and returns nothing", name, role)
	} else if t.NumIn() != nargs {
		return nil, fmt.Errorf("%s takes %d ints, not %d", name, t.NumIn(), nargs)
	}
	return role, nil
}

// name returns a function's name with its package, by which parent and child mean the same one.
func name(role any) string {
	if v := reflect.ValueOf(role); v.Kind() == reflect.Func && !v.IsNil() {
		return runtime.FuncForPC(v.Pointer()).Name()
	}
	return fmt.Sprintf("%#v", role)
}
