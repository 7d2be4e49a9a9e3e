#include "policy/embedded.h"

#include <string.h>

/*
 * embedded.inc is made by the Makefile: one EMBED(name) for each file below
 * lua/riposte/. The assembler reads the files, so the compiler never sees
 * their bytes; paths are relative to the project's root, where make runs.
 *
 * Each file adds one struct embedded to the section embedded_rows, of which
 * the linker tells the two ends: the length of a file is a constant for the
 * assembler, but not for the compiler.
 */
_Static_assert(sizeof(struct embedded) == 24, ".8byte fits pointer and size");

#define EMBED(name)                                                            \
    __asm__(".section .rodata\n"                                               \
            "0: .asciz \"" name "\"\n"                                         \
            "1: .incbin \"lua/" name "\"\n"                                    \
            "2: .byte 0\n"                                                     \
            ".section embedded_rows, \"aw\"\n"                                 \
            ".balign 8\n"                                                      \
            ".8byte 0b, 1b, 2b - 1b\n"                                         \
            ".text\n");
#include "embedded.inc"

extern const struct embedded rows_begin[] __asm__("__start_embedded_rows");
extern const struct embedded rows_end[] __asm__("__stop_embedded_rows");

const struct embedded *embedded_at(size_t index)
{
    return index < (size_t)(rows_end - rows_begin) ? &rows_begin[index] : NULL;
}

const struct embedded *embedded_find(const char *name)
{
    const struct embedded *file;

    for (size_t i = 0; (file = embedded_at(i)); i++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}
