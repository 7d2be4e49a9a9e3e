#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>

/* libcrypto's context under our own name; every call below fails only for
 * want of memory, or where SHA-256 itself is missing. */
static EVP_MD_CTX *context(struct hash *hash)
{
    return (EVP_MD_CTX *)(void *)hash;
}

struct hash *hash_new(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
        abort();
    return (struct hash *)(void *)ctx;
}

void hash_add(struct hash *hash, struct str bytes)
{
    if (!EVP_DigestUpdate(context(hash), bytes.data, bytes.len))
        abort();
}

void hash_add_part(struct hash *hash, struct str bytes)
{
    unsigned char len[8];
    uint64_t left = bytes.len;

    for (int i = 7; i >= 0; i--) {
        len[i] = (unsigned char)(left & 0xff);
        left >>= 8;
    }
    hash_add(hash, (struct str){(const char *)len, sizeof len});
    hash_add(hash, bytes);
}

void hash_end(struct hash *hash, char hex[HASH_HEX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[HASH_SIZE];

    if (!EVP_DigestFinal_ex(context(hash), sum, NULL))
        abort();
    EVP_MD_CTX_free(context(hash));
    for (size_t i = 0; i < HASH_SIZE; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[HASH_HEX - 1] = '\0';
}

void hash_hex(struct str bytes, char hex[HASH_HEX])
{
    struct hash *hash = hash_new();

    hash_add(hash, bytes);
    hash_end(hash, hex);
}

static unsigned digit_value(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

void hash_half(const char hex[HASH_HEX], unsigned char half[HASH_HALF])
{
    for (size_t i = 0; i < HASH_HALF; i++)
        half[i] = (unsigned char)(digit_value(hex[2 * i]) << 4 |
                                  digit_value(hex[2 * i + 1]));
}

int hash_library(const char **version, struct error *error)
{
    (void)error;
    *version = OpenSSL_version(OPENSSL_VERSION_STRING);
    return 0;
}
