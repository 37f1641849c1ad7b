/* MD5 (RFC 1321), SHA-256 (FIPS 180-4) and the digest answer of RFC 7616 with qop=auth or none. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

enum algorithm { MD5, SHA256 };

#define DIGEST_HEX 65          /* longest hexadecimal digest and its end */

void digest_hex(enum algorithm algorithm, const char *bytes, size_t size, char hex[DIGEST_HEX]);

struct digest_question {
    const char *username, *password, *realm, *nonce, *cnonce, *method, *uri;
    unsigned nonce_count;
    int with_qop;
};

void digest_answer(enum algorithm algorithm, const struct digest_question *question, char hex[DIGEST_HEX]);

#endif
