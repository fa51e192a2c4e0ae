/* locale.h -- numbers with a point, whatever setlocale() was told by the program around us.
 *
 *     locale_t user = locale_enter();  ... printf, strtod ...  locale_leave(user);
 *
 * Per thread. Neither can fail: the C locale is part of libc and costs no allocation. */
#ifndef BASE_LOCALE_H
#define BASE_LOCALE_H

#include <locale.h>

static inline locale_t locale_enter(void)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return c ? uselocale(c) : (locale_t)0;
}

static inline void locale_leave(locale_t user)
{
    if (user)
        uselocale(user);
}

#endif
