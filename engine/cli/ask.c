#include "cli/ask_inner.h"

#include "base/alloc.h"
#include "cli/print.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

enum { SHOWN_MAX = 60 }; /* bytes of what a choice stands for, in a list */

struct ask {
    EditLine *edit;
    int signals;          /* descriptor of those that wait */
    sigset_t mask;        /* as it was */
    struct termios shell; /* the terminal as it was */
    locale_t utf8, old;   /* for libedit: what riposte writes is UTF-8 */
    const struct ask_question *question; /* during ask_line */
    bool left;
};

bool ask_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

void ask_say(struct buf *buf)
{
    fwrite(buf->data, 1, buf->len, stderr);
    fflush(stderr);
    buf->len = 0;
}

/* The terminal between lines, and in a hidden one: what is typed ahead waits,
 * unseen, for the question that it answers. ^\\ would end riposte-exec, and
 * with it this process, before it could set the terminal right. */
static void be_quiet(const struct ask *ask)
{
    struct termios quiet = ask->shell;

    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    quiet.c_cc[VQUIT] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
}

/* libedit has no say in that key. */
static void disarm_quit(void)
{
    struct termios now;

    if (tcgetattr(STDIN_FILENO, &now) || now.c_cc[VQUIT] == _POSIX_VDISABLE)
        return;
    now.c_cc[VQUIT] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
}

/* ---- bytes and signals ------------------------------------------------ */

/* Stopped by ^Z: the shell has the terminal as it was, until it goes on. */
static void suspend(struct ask *ask)
{
    struct termios editing;

    tcgetattr(STDIN_FILENO, &editing);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &ask->shell);
    kill(getpid(), SIGSTOP);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &editing);
    if (!ask->question->hidden)
        el_set(ask->edit, EL_REFRESH);
}

static void take_signal(struct ask *ask)
{
    struct signalfd_siginfo info;

    if (read(ask->signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGWINCH)
        el_resize(ask->edit);
    else if (info.ssi_signo == SIGTSTP)
        suspend(ask);
    else
        ask->left = true;
}

void ask_leave(struct ask *ask)
{
    ask->left = true;
}

bool ask_byte(struct ask *ask, char *byte)
{
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = ask->signals, .events = POLLIN}};

    while (!ask->left) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            ask->left = true;
        else if (fds[1].revents)
            take_signal(ask);
        else if (fds[0].revents)
            ask->left = read(STDIN_FILENO, byte, 1) != 1;
        if (!ask->left && !fds[1].revents && fds[0].revents)
            return true;
    }
    return false;
}

/* ---- a line that is shown ---------------------------------------------- */

static struct ask *ask_of(EditLine *edit)
{
    void *ask = NULL;

    el_get(edit, EL_CLIENTDATA, &ask);
    return ask;
}

/* For libedit: 1 and a character, or 0 at the end. What is no UTF-8 is
 * dropped. */
static int next_character(EditLine *edit, wchar_t *character)
{
    struct ask *ask = ask_of(edit);
    mbstate_t state = {0};
    char byte;

    disarm_quit();
    while (ask_byte(ask, &byte)) {
        size_t len = mbrtowc(character, &byte, 1, &state);

        if (len <= 1)
            return 1;
        if (len == (size_t)-1)
            state = (mbstate_t){0};
    }
    return 0;
}

static char *prompt(EditLine *edit)
{
    static char none[] = "";
    const struct ask *ask = ask_of(edit);

    /* libedit does not write to it. */
    return ask->question ? (char *)(size_t)ask->question->prompt : none;
}

static void replace_line(EditLine *edit, struct str text)
{
    const LineInfoW *line = el_wline(edit);
    char *copy = str_copy(text);

    el_cursor(edit, (int)(line->lastchar - line->cursor));
    el_deletestr(edit, (int)(line->lastchar - line->buffer));
    el_insertstr(edit, copy);
    free(copy);
}

static void add_choice(struct buf *buf, const struct choice *choice)
{
    struct str text = choice_text(choice);

    buf_add_text(buf, "  ");
    print_text(buf, choice->name);
    if (choice->text) {
        buf_add_text(buf, "  ");
        print_front(buf, text, SHOWN_MAX);
    }
    if (!print_plain(text))
        buf_add_text(buf, "  (it holds control characters, so it cannot stand "
                          "in a line)");
    buf_add_byte(buf, '\n');
}

void ask_list(struct buf *buf, const struct ask_question *question,
              struct str typed)
{
    for (size_t i = 0; i < question->nchoices; i++)
        if (choice_begins(&question->choices[i], typed))
            add_choice(buf, &question->choices[i]);
}

/* All that begin with what is typed, below the line. */
static unsigned char list_choices(const struct ask_question *question,
                                  struct str typed)
{
    struct buf buf = {0};

    buf_add_byte(&buf, '\n');
    ask_list(&buf, question, typed);
    ask_say(&buf);
    buf_free(&buf);
    return CC_REDISPLAY;
}

static unsigned char complete(EditLine *edit, int key)
{
    const struct ask_question *question = ask_of(edit)->question;
    const LineInfo *line = el_line(edit);
    char *copy =
        alloc_copy(line->buffer, (size_t)(line->lastchar - line->buffer));
    struct str typed = str_of(copy);
    struct buf common = {0};
    size_t index = 0;
    unsigned char result = CC_REFRESH_BEEP;

    (void)key;
    switch (choice_complete(question->choices, question->nchoices, typed,
                            &index, &common)) {
    case CHOICE_NONE:
        break;
    case CHOICE_ONE:
        if (print_plain(choice_text(&question->choices[index]))) {
            replace_line(edit, choice_text(&question->choices[index]));
            result = CC_REFRESH;
        } else {
            result = list_choices(question, typed);
        }
        break;
    case CHOICE_MANY:
        result = list_choices(question, typed);
        if (common.len > typed.len)
            replace_line(edit, buf_str(&common));
        break;
    }
    buf_free(&common);
    free(copy);
    return result;
}

static char *edited_line(struct ask *ask)
{
    int count = 0;
    const char *line = el_gets(ask->edit, &count);
    struct str text = str_of(line);

    if (!line || count <= 0)
        return NULL;
    if (text.len && text.data[text.len - 1] == '\n')
        text.len--;
    return str_copy(text);
}

/* ---- asking ------------------------------------------------------------ */

char *ask_line(struct ask *ask, const struct ask_question *question)
{
    char *line;

    ask->question = question;
    line = question->hidden ? ask_hidden(ask, question) : edited_line(ask);
    be_quiet(ask);
    ask->question = NULL;
    if (!line || question->hidden)
        fputc('\n', stderr);
    return line;
}

static int open_signals(struct ask *ask, struct error *error)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&set, numbers[i]);
    ask->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (ask->signals < 0)
        return error_set(error, ERROR_SYSTEM, "cannot wait for signals: %s",
                         strerror(errno));
    sigprocmask(SIG_BLOCK, &set, &ask->mask);
    return 0;
}

static int open_edit(struct ask *ask, struct error *error)
{
    ask->edit = el_init("riposte", stdin, stderr, stderr);
    if (!ask->edit)
        return error_set(error, ERROR_SYSTEM,
                         "cannot ask on this terminal; give it all on the "
                         "command line, or a secret on stdin");
    /* When it gives the terminal back it would turn the echo on. */
    el_set(ask->edit, EL_SETTY, "-x", "-echo", NULL);
    el_set(ask->edit, EL_CLIENTDATA, ask);
    el_set(ask->edit, EL_EDITOR, "emacs");
    el_set(ask->edit, EL_GETCFN, next_character);
    el_set(ask->edit, EL_PROMPT, prompt);
    /* Wide, as libedit leaks its own copies of narrow ones. */
    el_wset(ask->edit, EL_ADDFN, L"riposte-complete", L"Complete", complete);
    el_set(ask->edit, EL_BIND, "^I", "riposte-complete", NULL);
    return 0;
}

int ask_open(struct ask **ask, struct error *error)
{
    struct ask *new = ALLOC(struct ask);
    int status;

    new->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (new->utf8)
        new->old = uselocale(new->utf8);
    tcgetattr(STDIN_FILENO, &new->shell);
    new->signals = -1;
    status = open_signals(new, error);
    if (!status)
        status = open_edit(new, error);
    if (!status)
        be_quiet(new);
    if (status) {
        ask_close(new);
        return status;
    }
    *ask = new;
    return 0;
}

void ask_close(struct ask *ask)
{
    if (!ask)
        return;
    if (ask->edit)
        el_end(ask->edit);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &ask->shell);
    if (ask->signals >= 0) {
        close(ask->signals);
        sigprocmask(SIG_SETMASK, &ask->mask, NULL);
    }
    if (ask->utf8) {
        uselocale(ask->old);
        freelocale(ask->utf8);
    }
    free(ask);
}
