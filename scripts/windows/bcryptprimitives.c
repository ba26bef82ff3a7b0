/* The one function of Windows' bcryptprimitives.dll that the keychain binding needs and Wine 8 lacks. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
  return SystemFunction036(data, (ULONG)length);
}
