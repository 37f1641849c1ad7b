#include "phones.h"

#include <errno.h>
#include <string.h>

#include "measure.h"
#include "net.h"

struct phones phones_read(const char *path)
{
    struct phones phones = {0};
    struct phone phone = {0};
    FILE *file = fopen(path, "re");
    if (!file)
        fail("%s: %s", path, strerror(errno));
    while (fscanf(file, "%63s %63s %31s %15s", phone.username, phone.password, phone.number, phone.host) == 4) {
        phone.address = net_host(phone.host);
        phones.list = must_resize(phones.list, phones.count + 1, sizeof *phones.list);
        phones.list[phones.count++] = phone;
    }
    if (!feof(file) || !phones.count)
        fail("%s: line %u is not `USERNAME PASSWORD NUMBER ADDRESS`", path, phones.count + 1);
    fclose(file);
    return phones;
}

void refusals_print(const struct refusals *refusals, FILE *out)
{
    const char *comma = "";
    fputs("\"refused\": {", out);
    for (int status = 0; status < 1000; status++) {
        if (!refusals->by_status[status])
            continue;
        fprintf(out, "%s\"%d\": %u", comma, status, refusals->by_status[status]);
        comma = ", ";
    }
    fputc('}', out);
}
