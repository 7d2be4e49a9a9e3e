#include "policy/embedded.h"

#include <string.h>

/*
 * embedded.inc is made by the Makefile: one EMBED(name) for each file below
 * lua/riposte/. The assembler reads the files, so the compiler never sees
 * their bytes; paths are relative to the project's root, where make runs.
 * It makes the table too: the length of a file is a constant for the
 * assembler, but not for the compiler. A row of zeros ends it.
 */
_Static_assert(sizeof(struct embedded) == 24, ".8byte fits pointer and size");

#define EMBED(name)                                                            \
    ".section .rodata\n"                                                       \
    "0: .asciz \"" name "\"\n"                                                 \
    "1: .incbin \"lua/" name "\"\n"                                            \
    "2: .byte 0\n"                                                             \
    ".section .data.rel.ro\n"                                                  \
    ".8byte 0b, 1b, 2b - 1b\n"

/* clang-format off */
__asm__(".section .data.rel.ro\n"
        ".balign 8\n"
        "embedded_rows:\n"
#include "embedded.inc"
        ".8byte 0, 0, 0\n"
        ".text\n");
/* clang-format on */

extern const struct embedded embedded_rows[];

const struct embedded *embedded_at(size_t index)
{
    const struct embedded *row = embedded_rows;

    while (index && row->name) {
        index--;
        row++;
    }
    return row->name ? row : NULL;
}

const struct embedded *embedded_find(const char *name)
{
    const struct embedded *row = embedded_rows;

    while (row->name && strcmp(row->name, name) != 0)
        row++;
    return row->name ? row : NULL;
}
