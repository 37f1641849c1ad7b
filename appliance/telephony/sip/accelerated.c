/* The usual message, read and printed in one pass.
 *
 * Every function here does the work of a piece of Python for the input that nearly all phones send,
 * and returns None for anything else: folded lines, names that are spelled oddly, bytes beyond
 * ASCII, escapes. The Python beside it (message.py, headed.py, challenge.py) is the whole truth; the
 * tests hold the two together. Built for the stable ABI of CPython 3.11. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <string.h>

/* -- header names -------------------------------------------------------------------------------- */

enum { NAMES = 1024, LONGEST_NAME = 32 };

struct name {
    const char *spelled;
    Py_ssize_t length;
    PyObject *canonical;
};

/* Filled once, by learn(); a power of two, and well under half full. */
static struct name names[NAMES];
static unsigned names_known;

static unsigned slot_of(const char *text, Py_ssize_t length)
{
    unsigned hash = (unsigned)length;
    for (Py_ssize_t i = 0; i < length; i++)
        hash = hash * 31 + (unsigned char)text[i];
    return (hash ^ hash >> 10) % NAMES;
}

static struct name *find_name(const char *text, Py_ssize_t length)
{
    unsigned slot = slot_of(text, length);
    while (names[slot].spelled &&
           (names[slot].length != length || memcmp(names[slot].spelled, text, (size_t)length)))
        slot = (slot + 1) % NAMES;
    return &names[slot];
}

PyDoc_STRVAR(learn_doc,
"learn(spellings)\n--\n\n"
"Take in the spellings of header names and the one under which each is kept. To be called once,\n"
"before scan. Raises ValueError for more than there is room for.");

static PyObject *learn(PyObject *module, PyObject *spellings)
{
    PyObject *spelled, *canonical;
    Py_ssize_t position = 0;
    if (!PyDict_Check(spellings))
        return PyErr_Format(PyExc_TypeError, "a dict of spellings is wanted");
    while (PyDict_Next(spellings, &position, &spelled, &canonical)) {
        Py_ssize_t length;
        const char *text = PyUnicode_AsUTF8AndSize(spelled, &length);
        if (!text)
            return NULL;
        struct name *place = find_name(text, length);
        if (place->spelled)
            continue;
        if (length > LONGEST_NAME || ++names_known > NAMES / 2)
            return PyErr_Format(PyExc_ValueError, "too many or too long header names");
        Py_INCREF(spelled); /* kept as long as the process: the table points into them */
        Py_INCREF(canonical);
        *place = (struct name){text, length, canonical};
    }
    Py_RETURN_NONE;
}

/* -- reading ------------------------------------------------------------------------------------- */

static PyObject *text_of(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    return PyUnicode_DecodeASCII(from, to - from, "strict");
}

/* The end of the line: its CR. NULL where the line is not plain ASCII ended by CR LF. */
static const char *line_end(const char *at, const char *end)
{
    while (at < end && ((*at >= ' ' && *at < 0x7f) || *at == '\t'))
        at++;
    return at + 1 < end && at[0] == '\r' && at[1] == '\n' ? at : NULL;
}

/* 1: taken in; 0: not for us; -1: an exception is set. */
static int take_header(PyObject *fields, const char *line, const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (!colon || colon - line > LONGEST_NAME)
        return 0;
    PyObject *name = find_name(line, colon - line)->canonical;
    if (!name)
        return 0;
    PyObject *value = text_of(colon + 1, end);
    if (!value)
        return -1;
    PyObject *lines = PyDict_GetItemWithError(fields, name);
    int status = -1;
    if (lines) {
        status = PyList_Append(lines, value);
    } else if (!PyErr_Occurred() && (lines = PyList_New(0))) {
        status = PyList_Append(lines, value) || PyDict_SetItem(fields, name, lines) ? -1 : 0;
        Py_DECREF(lines);
    }
    Py_DECREF(value);
    return status ? -1 : 1;
}

static int take_headers(PyObject *fields, const char **at, const char *end, long most, long longest)
{
    for (long lines = 0; !(*at + 1 < end && (*at)[0] == '\r' && (*at)[1] == '\n'); lines++) {
        const char *line = *at, *stop = line_end(line, end);
        if (!stop || lines == most || stop - line > longest || *line == ' ' || *line == '\t')
            return 0;
        int taken = take_header(fields, line, stop);
        if (taken != 1)
            return taken;
        *at = stop + 2;
    }
    *at += 2;
    return 1;
}

PyDoc_STRVAR(scan_doc,
"scan(data, most_lines, longest_line)\n--\n\n"
"The start line, the header lines by canonical name, and what follows the blank line, of a message\n"
"that is plain ASCII, has no folded line, only header names that were learnt, and keeps within the\n"
"limits; None for any other.");

static PyObject *scan(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    char *bytes;
    Py_ssize_t size;
    if (count != 3 || PyBytes_AsStringAndSize(arguments[0], &bytes, &size))
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "scan wants three arguments");
    long most = PyLong_AsLong(arguments[1]), longest = PyLong_AsLong(arguments[2]);
    if (PyErr_Occurred())
        return NULL;
    const char *at = bytes, *end = bytes + size, *stop = line_end(at, end);
    if (!stop || stop == at || *at == ' ' || *at == '\t')
        Py_RETURN_NONE;
    PyObject *fields = PyDict_New(), *start_line = NULL, *rest = NULL, *found = NULL;
    if (!fields)
        return NULL;
    at = stop + 2;
    int taken = take_headers(fields, &at, end, most, longest);
    if (taken == 1 && (start_line = PyUnicode_DecodeASCII(bytes, stop - bytes, "strict")) &&
        (rest = PyBytes_FromStringAndSize(at, end - at)))
        found = PyTuple_Pack(3, start_line, fields, rest);
    Py_XDECREF(start_line);
    Py_XDECREF(rest);
    Py_DECREF(fields);
    if (!found && !PyErr_Occurred())
        Py_RETURN_NONE;
    return found;
}

PyDoc_STRVAR(parameters_doc,
"parameters(text)\n--\n\n"
"The parameters of a Digest header by lower-case name, from what follows the scheme; None where it\n"
"holds escapes, anything beyond ASCII, a name twice or what is no parameter.");

static int is_blank(char c) { return c == ' ' || c == '\t' || c == ','; }

static int is_name(char c) { return c > ' ' && c < 0x7f && c != ',' && c != '=' && c != '"'; }

static int is_value(char c) { return c > ' ' && c < 0x7f && c != ',' && c != '"' && c != '\\'; }

static int is_quoted(char c) { return ((c >= ' ' && c < 0x7f) || c == '\t') && c != '"' && c != '\\'; }

/* 1: taken in and `*at` moved behind it; 0: not for us; -1: an exception is set. */
static int take_parameter(PyObject *fields, const char **at, const char *end)
{
    char lower[LONGEST_NAME];
    Py_ssize_t length = 0;
    const char *c = *at;
    for (; c < end && is_name(*c); c++) {
        if (length == LONGEST_NAME)
            return 0;
        lower[length++] = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
    }
    if (!length || c == end || *c != '=')
        return 0;
    int in_quotes = ++c < end && *c == '"';
    const char *value = c += in_quotes;
    while (c < end && (in_quotes ? is_quoted(*c) : is_value(*c)))
        c++;
    const char *behind = c + in_quotes;
    if (in_quotes ? c == end || *c != '"' : c == value) /* nothing: spaces may stand before it */
        return 0;
    if (behind < end && !is_blank(*behind))
        return 0;
    PyObject *key = PyUnicode_DecodeASCII(lower, length, "strict");
    PyObject *text = key ? PyUnicode_DecodeASCII(value, c - value, "strict") : NULL;
    int taken = -1;
    if (text && (taken = PyDict_Contains(fields, key) ? (PyErr_Occurred() ? -1 : 0) : 1) == 1 &&
        PyDict_SetItem(fields, key, text))
        taken = -1;
    Py_XDECREF(key);
    Py_XDECREF(text);
    *at = behind;
    return taken;
}

static PyObject *parameters(PyObject *module, PyObject *text)
{
    Py_ssize_t size;
    const char *at = PyUnicode_AsUTF8AndSize(text, &size);
    if (!at)
        return NULL;
    const char *end = at + size;
    PyObject *fields = PyDict_New();
    if (!fields)
        return NULL;
    for (;;) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end)
            return fields;
        int taken = take_parameter(fields, &at, end);
        if (taken == 1)
            continue;
        Py_DECREF(fields);
        if (taken < 0)
            return NULL;
        Py_RETURN_NONE;
    }
}

PyDoc_STRVAR(via_params_doc,
"via_params(text)\n--\n\n"
"The parameters of a Via by lower-case name, values as they stand, from what follows the first\n"
"semicolon; None where it holds quotes, brackets, spaces, anything beyond ASCII, or is malformed.");

static int is_via_text(char c) { return c > ' ' && c < 0x7f && c != ',' && c != '"' && c != '<'; }

/* As take_parameter; a name may stand alone. */
static int take_via_param(PyObject *fields, const char *from, const char *to)
{
    char lower[LONGEST_NAME];
    const char *equals = memchr(from, '=', (size_t)(to - from)), *stop = equals ? equals : to;
    Py_ssize_t length = stop - from;
    if (!length || length > LONGEST_NAME)
        return 0;
    for (Py_ssize_t i = 0; i < length; i++)
        lower[i] = from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] | 0x20) : from[i];
    PyObject *key = PyUnicode_DecodeASCII(lower, length, "strict"), *value = Py_None;
    if (key && equals)
        value = PyUnicode_DecodeASCII(equals + 1, to - equals - 1, "strict");
    else
        Py_INCREF(value);
    int taken = -1;
    if (key && value && (taken = PyDict_Contains(fields, key)) >= 0)
        taken = taken ? 0 : PyDict_SetItem(fields, key, value) ? -1 : 1;
    Py_XDECREF(key);
    Py_XDECREF(value);
    return taken;
}

static PyObject *via_params(PyObject *module, PyObject *text)
{
    Py_ssize_t size;
    const char *at = PyUnicode_AsUTF8AndSize(text, &size);
    PyObject *fields = at ? PyDict_New() : NULL;
    if (!fields)
        return NULL;
    const char *end = at + size, *from = at;
    int taken = 1;
    for (; taken == 1 && at < end; at++) {
        if (*at == ';') {
            taken = take_via_param(fields, from, at);
            from = at + 1;
        } else if (!is_via_text(*at)) {
            taken = 0;
        }
    }
    if (taken == 1)
        taken = take_via_param(fields, from, end);
    if (taken == 1)
        return fields;
    Py_DECREF(fields);
    if (taken < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* -- printing ------------------------------------------------------------------------------------ */

struct page {
    char bytes[16384];
    size_t used;
};

/* 0 where it is not plain ASCII, would end a line, or does not fit. */
static int write_text(struct page *page, PyObject *text)
{
    Py_ssize_t size;
    const char *from = PyUnicode_AsUTF8AndSize(text, &size);
    if (!from) {
        PyErr_Clear(); /* a lone surrogate: the Python beside it knows what to do */
        return 0;
    }
    if ((size_t)size > sizeof page->bytes - page->used - 64)
        return 0;
    for (Py_ssize_t i = 0; i < size; i++)
        if ((unsigned char)from[i] >= 0x80 || from[i] == '\r' || from[i] == '\n')
            return 0;
    memcpy(page->bytes + page->used, from, (size_t)size);
    page->used += (size_t)size;
    return 1;
}

static void write_mark(struct page *page, const char *mark)
{
    size_t size = strlen(mark);
    memcpy(page->bytes + page->used, mark, size); /* write_text leaves room for it */
    page->used += size;
}

static int write_headers(struct page *page, PyObject *fields)
{
    PyObject *name, *lines;
    Py_ssize_t position = 0;
    while (PyDict_Next(fields, &position, &name, &lines)) {
        if (PyUnicode_CompareWithASCIIString(name, "Content-Length") == 0)
            continue;
        Py_ssize_t count = PyList_Check(lines) ? PyList_Size(lines) : -1;
        if (count < 0)
            return 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            if (!write_text(page, name))
                return 0;
            write_mark(page, ": ");
            if (!write_text(page, PyList_GetItem(lines, i)))
                return 0;
            write_mark(page, "\r\n");
        }
    }
    return 1;
}

PyDoc_STRVAR(printed_doc,
"printed(start_line, fields, body)\n--\n\n"
"The message in octets, Content-Length made from the body; None where a line is not plain ASCII,\n"
"holds a line break, or the head is over 16 kB.");

static PyObject *printed(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    struct page page;
    char *body;
    Py_ssize_t size;
    page.used = 0;
    if (count != 3 || !PyDict_Check(arguments[1]))
        return PyErr_Format(PyExc_TypeError, "printed wants a line, a dict and octets");
    if (PyBytes_AsStringAndSize(arguments[2], &body, &size))
        return NULL;
    if (!write_text(&page, arguments[0]))
        Py_RETURN_NONE;
    write_mark(&page, "\r\n");
    if (!write_headers(&page, arguments[1]))
        Py_RETURN_NONE;
    char last[48];
    PyOS_snprintf(last, sizeof last, "Content-Length: %zd\r\n\r\n", size);
    write_mark(&page, last);
    PyObject *octets = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)page.used + size);
    if (!octets)
        return NULL;
    char *out = PyBytes_AsString(octets);
    memcpy(out, page.bytes, page.used);
    memcpy(out + page.used, body, (size_t)size);
    return octets;
}

/* -- what is read again and again ---------------------------------------------------------------- */

/* parse(text), with the latest results kept in two generations: what is asked for again moves into
 * the young one, and when that is full the old one goes. */
struct memory {
    PyObject_HEAD
    PyObject *parse, *complain, *young, *old;
    Py_ssize_t half, longest;
};

static int memory_init(PyObject *self, PyObject *arguments, PyObject *words)
{
    struct memory *memory = (struct memory *)self;
    PyObject *parse, *complain;
    Py_ssize_t entries;
    if (!PyArg_ParseTuple(arguments, "OOnn", &parse, &complain, &entries, &memory->longest))
        return -1;
    Py_INCREF(parse);
    Py_INCREF(complain);
    memory->parse = parse;
    memory->complain = complain;
    memory->half = entries / 2;
    memory->young = PyDict_New();
    memory->old = PyDict_New();
    return memory->young && memory->old ? 0 : -1;
}

static int memory_keep(struct memory *memory, PyObject *text, PyObject *value)
{
    if (PyDict_Size(memory->young) >= memory->half) {
        PyObject *fresh = PyDict_New();
        if (!fresh)
            return -1;
        Py_DECREF(memory->old);
        memory->old = memory->young;
        memory->young = fresh;
    }
    return PyDict_SetItem(memory->young, text, value);
}

static PyObject *memory_read(struct memory *memory, PyObject *text)
{
    PyObject *value = PyDict_GetItemWithError(memory->young, text);
    if (value || PyErr_Occurred()) {
        Py_XINCREF(value);
        return value;
    }
    value = PyDict_GetItemWithError(memory->old, text);
    Py_XINCREF(value);
    if (!value && !PyErr_Occurred())
        value = PyObject_CallFunctionObjArgs(memory->parse, text, NULL);
    if (value && PyUnicode_GetLength(text) <= memory->longest && memory_keep(memory, text, value))
        Py_CLEAR(value);
    return value;
}

static PyObject *memory_call(PyObject *self, PyObject *arguments, PyObject *words)
{
    PyObject *text;
    if (words || !PyArg_ParseTuple(arguments, "U", &text))
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "one text is wanted");
    return memory_read((struct memory *)self, text);
}

PyDoc_STRVAR(of_line_doc,
"of_line(lines)\n--\n\n"
"The value of the one line; complain(lines) is to raise where there is none, or several.");

static PyObject *memory_of_line(PyObject *self, PyObject *lines)
{
    struct memory *memory = (struct memory *)self;
    PyObject *text = PyList_Check(lines) && PyList_Size(lines) == 1 ? PyList_GetItem(lines, 0) : NULL;
    if (text && PyUnicode_Check(text)) {
        Py_INCREF(text);
        PyObject *value = memory_read(memory, text);
        Py_DECREF(text);
        return value;
    }
    return PyErr_Occurred() ? NULL : PyObject_CallFunctionObjArgs(memory->complain, lines, NULL);
}

static Py_ssize_t memory_length(PyObject *self)
{
    struct memory *memory = (struct memory *)self;
    return PyDict_Size(memory->young) + PyDict_Size(memory->old);
}

static int memory_traverse(PyObject *self, visitproc visit, void *arg)
{
    struct memory *memory = (struct memory *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(memory->parse);
    Py_VISIT(memory->complain);
    Py_VISIT(memory->young);
    Py_VISIT(memory->old);
    return 0;
}

static int memory_clear(PyObject *self)
{
    struct memory *memory = (struct memory *)self;
    Py_CLEAR(memory->parse);
    Py_CLEAR(memory->complain);
    Py_CLEAR(memory->young);
    Py_CLEAR(memory->old);
    return 0;
}

static void memory_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    memory_clear(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(memory_doc,
"Memory(parse, complain, entries, longest)\n--\n\n"
"parse(text) with about as many of the latest results kept as `entries`, of texts up to `longest`.");

static PyMethodDef memory_methods[] = {
    {"of_line", memory_of_line, METH_O, of_line_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot memory_slots[] = {
    {Py_tp_doc, (void *)memory_doc},
    {Py_tp_init, memory_init},
    {Py_tp_call, memory_call},
    {Py_tp_methods, memory_methods},
    {Py_sq_length, memory_length},
    {Py_tp_traverse, memory_traverse},
    {Py_tp_clear, memory_clear},
    {Py_tp_dealloc, memory_free},
    {0, NULL},
};

static PyType_Spec memory_spec = {
    .name = "appliance.telephony.sip._accelerated.Memory",
    .basicsize = sizeof(struct memory),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = memory_slots,
};

PyDoc_STRVAR(read_headers_doc,
"read_headers(fields, values, readers)\n--\n\n"
"For each name of fields that readers has: values[name] = readers[name](fields[name]).");

static PyObject *read_headers(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    PyObject *name, *lines;
    Py_ssize_t position = 0;
    if (count != 3 || !PyDict_Check(arguments[0]) || !PyDict_Check(arguments[1]) || !PyDict_Check(arguments[2]))
        return PyErr_Format(PyExc_TypeError, "three dicts are wanted");
    while (PyDict_Next(arguments[0], &position, &name, &lines)) {
        PyObject *read = PyDict_GetItemWithError(arguments[2], name);
        if (!read) {
            if (PyErr_Occurred())
                return NULL;
            continue;
        }
        PyObject *value = PyObject_CallFunctionObjArgs(read, lines, NULL);
        int status = value ? PyDict_SetItem(arguments[1], name, value) : -1;
        Py_XDECREF(value);
        if (status)
            return NULL;
    }
    Py_RETURN_NONE;
}

/* -- the properties of a message ----------------------------------------------------------------- */

/* message.headers.typed[name], made by read(message.headers.fields.get(name) or []) at first. */
struct lazy {
    PyObject_HEAD
    PyObject *name, *read;
};

static PyObject *headers_word, *typed_word, *fields_word;

static int lazy_init(PyObject *self, PyObject *arguments, PyObject *words)
{
    struct lazy *lazy = (struct lazy *)self;
    PyObject *name, *read;
    if (!PyArg_ParseTuple(arguments, "UO", &name, &read))
        return -1;
    Py_INCREF(name);
    PyUnicode_InternInPlace(&name);
    Py_INCREF(read);
    Py_XDECREF(lazy->name);
    Py_XDECREF(lazy->read);
    lazy->name = name;
    lazy->read = read;
    return 0;
}

static PyObject *lazy_make(const struct lazy *lazy, PyObject *headers, PyObject *typed)
{
    PyObject *fields = PyObject_GetAttr(headers, fields_word), *value = NULL;
    if (!fields)
        return NULL;
    PyObject *lines = PyDict_GetItemWithError(fields, lazy->name);
    Py_XINCREF(lines);
    if (!lines && !PyErr_Occurred())
        lines = PyList_New(0);
    if (lines)
        value = PyObject_CallFunctionObjArgs(lazy->read, lines, NULL);
    if (value && PyDict_SetItem(typed, lazy->name, value))
        Py_CLEAR(value);
    Py_XDECREF(lines);
    Py_DECREF(fields);
    return value;
}

static PyObject *lazy_get(PyObject *self, PyObject *message, PyObject *owner)
{
    const struct lazy *lazy = (const struct lazy *)self;
    if (!message || message == Py_None) {
        Py_INCREF(self);
        return self;
    }
    PyObject *headers = PyObject_GetAttr(message, headers_word);
    PyObject *typed = headers ? PyObject_GetAttr(headers, typed_word) : NULL, *value = NULL;
    if (typed) {
        value = PyDict_GetItemWithError(typed, lazy->name);
        Py_XINCREF(value);
        if (!value && !PyErr_Occurred())
            value = lazy_make(lazy, headers, typed);
    }
    Py_XDECREF(typed);
    Py_XDECREF(headers);
    return value;
}

static int lazy_traverse(PyObject *self, visitproc visit, void *arg)
{
    struct lazy *lazy = (struct lazy *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(lazy->read);
    return 0;
}

static int lazy_clear(PyObject *self)
{
    struct lazy *lazy = (struct lazy *)self;
    Py_CLEAR(lazy->name);
    Py_CLEAR(lazy->read);
    return 0;
}

static void lazy_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    lazy_clear(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(lazy_doc,
"Lazy(name, read)\n--\n\n"
"A property of a message: the value that `read` makes of the lines of header `name`, made once.");

static PyType_Slot lazy_slots[] = {
    {Py_tp_doc, (void *)lazy_doc},
    {Py_tp_init, lazy_init},
    {Py_tp_descr_get, lazy_get},
    {Py_tp_traverse, lazy_traverse},
    {Py_tp_clear, lazy_clear},
    {Py_tp_dealloc, lazy_free},
    {0, NULL},
};

static PyType_Spec lazy_spec = {
    .name = "appliance.telephony.sip._accelerated.Lazy",
    .basicsize = sizeof(struct lazy),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = lazy_slots,
};

/* -- the module ---------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"learn", learn, METH_O, learn_doc},
    {"scan", (PyCFunction)(void (*)(void))scan, METH_FASTCALL, scan_doc},
    {"parameters", parameters, METH_O, parameters_doc},
    {"via_params", via_params, METH_O, via_params_doc},
    {"printed", (PyCFunction)(void (*)(void))printed, METH_FASTCALL, printed_doc},
    {"read_headers", (PyCFunction)(void (*)(void))read_headers, METH_FASTCALL, read_headers_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "appliance.telephony.sip._accelerated",
    .m_doc = "The usual SIP message, read and printed in one pass.",
    .m_size = -1,
    .m_methods = methods,
};

static int add_type(PyObject *module, const char *name, PyType_Spec *spec)
{
    PyObject *type = PyType_FromSpec(spec);
    int status = type ? PyModule_AddObjectRef(module, name, type) : -1;
    Py_XDECREF(type);
    return status;
}

PyMODINIT_FUNC PyInit__accelerated(void)
{
    PyObject *module = PyModule_Create(&definition);
    headers_word = PyUnicode_InternFromString("headers");
    typed_word = PyUnicode_InternFromString("typed");
    fields_word = PyUnicode_InternFromString("fields");
    if (module && (!headers_word || !typed_word || !fields_word ||
                   add_type(module, "Lazy", &lazy_spec) || add_type(module, "Memory", &memory_spec)))
        Py_CLEAR(module);
    return module;
}
