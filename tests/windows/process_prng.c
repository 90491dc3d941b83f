/* bcryptprimitives.dll for Wine 8, which has none: the one function of it that Rust's standard library calls. */
#include <windows.h>

/* RtlGenRandom, which Wine has. */
BOOLEAN NTAPI SystemFunction036(PVOID data, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return SystemFunction036(data, (ULONG)length);
}
