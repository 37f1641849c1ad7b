/* Datagrams by the batch: one system call for up to BATCH of them, in and out.
 *
 * On a box that is busy the way into the kernel and back costs more than what is done there, and the
 * SIP code runs faster when it is not left between two messages. Neither call waits, so that neither
 * gives Python's lock away. Built for the stable ABI of CPython 3.11. */

#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, SLOT = 65536, NAME = sizeof(struct sockaddr_in6) };

/* Untouched pages of a slot cost nothing; the usual message touches one. */
static char slots[BATCH][SLOT];

PyDoc_STRVAR(receive_doc,
"receive(descriptor)\n--\n\n"
"Up to BATCH datagrams that wait: a list of (octets, sender's socket address in octets). Raises\n"
"BlockingIOError when none does, OSError with an ICMP error of an earlier datagram.");

static PyObject *as_list(const struct mmsghdr *headers, int count)
{
    PyObject *list = PyList_New(count);
    for (int i = 0; list && i < count; i++) {
        const struct msghdr *header = &headers[i].msg_hdr;
        PyObject *pair = Py_BuildValue("(y#y#)", slots[i], (Py_ssize_t)headers[i].msg_len,
                                       (const char *)header->msg_name, (Py_ssize_t)header->msg_namelen);
        if (!pair || PyList_SetItem(list, i, pair))
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *receive(PyObject *module, PyObject *argument)
{
    struct mmsghdr headers[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_in6 names[BATCH];
    long descriptor = PyLong_AsLong(argument);
    if (descriptor == -1 && PyErr_Occurred())
        return NULL;
    memset(headers, 0, sizeof headers);
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){slots[i], SLOT};
        headers[i].msg_hdr = (struct msghdr){
            .msg_name = &names[i], .msg_namelen = NAME, .msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    int count = recvmmsg((int)descriptor, headers, BATCH, MSG_DONTWAIT, NULL);
    if (count < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    return as_list(headers, count);
}

PyDoc_STRVAR(send_doc,
"send(descriptor, datagrams)\n--\n\n"
"Send a list of at most BATCH (octets, socket address in octets). Returns (how many of them left,\n"
"errno of the next one), errno being 0 when all did.");

static int as_headers(PyObject *datagrams, struct mmsghdr *headers, struct iovec *vectors, Py_ssize_t count)
{
    memset(headers, 0, sizeof *headers * (size_t)count);
    for (Py_ssize_t i = 0; i < count; i++) {
        char *name;
        Py_ssize_t length, size;
        PyObject *pair = PyList_GetItem(datagrams, i);
        if (!pair || !PyTuple_Check(pair) || PyTuple_Size(pair) != 2) {
            PyErr_SetString(PyExc_TypeError, "pairs of octets are wanted");
            return -1;
        }
        char *octets;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(pair, 0), &octets, &size) ||
            PyBytes_AsStringAndSize(PyTuple_GetItem(pair, 1), &name, &length))
            return -1;
        vectors[i] = (struct iovec){octets, (size_t)size};
        headers[i].msg_hdr = (struct msghdr){
            .msg_name = name, .msg_namelen = (socklen_t)length, .msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    return 0;
}

static PyObject *send_all(PyObject *module, PyObject *const *arguments, Py_ssize_t arguments_count)
{
    struct mmsghdr headers[BATCH];
    struct iovec vectors[BATCH];
    if (arguments_count != 2 || !PyList_Check(arguments[1]) || PyList_Size(arguments[1]) > BATCH)
        return PyErr_Format(PyExc_TypeError, "send wants a descriptor and a list of at most %d", BATCH);
    long descriptor = PyLong_AsLong(arguments[0]);
    if (descriptor == -1 && PyErr_Occurred())
        return NULL;
    Py_ssize_t count = PyList_Size(arguments[1]), sent = 0;
    if (as_headers(arguments[1], headers, vectors, count))
        return NULL;
    while (sent < count) {
        int left = sendmmsg((int)descriptor, headers + sent, (unsigned)(count - sent), MSG_DONTWAIT);
        if (left <= 0)
            return Py_BuildValue("(ni)", sent, errno);
        sent += left;
    }
    return Py_BuildValue("(ni)", sent, 0);
}

static PyMethodDef methods[] = {
    {"receive", receive, METH_O, receive_doc},
    {"send", (PyCFunction)(void (*)(void))send_all, METH_FASTCALL, send_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "appliance.telephony.transport._datagrams",
    .m_doc = "Datagrams by the batch.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__datagrams(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module && PyModule_AddIntConstant(module, "BATCH", BATCH))
        Py_CLEAR(module);
    return module;
}
