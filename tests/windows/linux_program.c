// Stands among programs of Windows for one of Linux: runs the one of its own name (linux_program.sh) and hands on what it
// says and how it ends. Wine starts such programs, but gives them no pipe of Windows and tells nobody of their end.
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

// How long the program may take: longer than any test asks of one.
#define WITHIN_MS (5 * 60 * 1000)

// Writes a file of the program's to where our own output goes, and removes it.
static void hand_on(const char *path, FILE *to) {
  char bytes[65536];
  size_t count;
  FILE *from = fopen(path, "rb");
  if (!from) return;
  while ((count = fread(bytes, 1, sizeof bytes, from)) > 0) fwrite(bytes, 1, count, to);
  fclose(from);
  fflush(to);
  remove(path);
}

int main(void) {
  wchar_t own[MAX_PATH], line[32768], base[64];
  char path[3][96];
  STARTUPINFOW startup = {.cb = sizeof startup};
  PROCESS_INFORMATION process;
  int code = 255;

  // What is said are the program's bytes, not lines of Windows.
  _setmode(_fileno(stdout), _O_BINARY);
  _setmode(_fileno(stderr), _O_BINARY);
  GetModuleFileNameW(NULL, own, MAX_PATH);
  wchar_t *name = wcsrchr(own, L'\\') + 1;
  *wcsrchr(name, L'.') = 0;
  swprintf(base, 64, L"/tmp/linux-program-%lu-%lu", GetCurrentProcessId(), GetTickCount());
  // What stands behind our own name is said as it is.
  wchar_t *rest = GetCommandLineW();
  if (*rest == L'"') rest = wcschr(rest + 1, L'"') + 1;
  else while (*rest && *rest != L' ') rest++;
  swprintf(line, 32768, L"sh \"%ls\" %ls %ls %ls", _wgetenv(L"LINUX_PROGRAM"), base, name, rest);
  if (!CreateProcessW(L"Z:\\bin\\sh", line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process)) {
    fprintf(stderr, "%ls: not started (%lu)\n", name, GetLastError());
    return code;
  }
  const char *ends[3] = {"out", "err", "code"};
  for (int end = 0; end < 3; end++) snprintf(path[end], sizeof path[end], "Z:%ls.%s", base, ends[end]);
  ULONGLONG began = GetTickCount64();
  while (GetFileAttributesA(path[2]) == INVALID_FILE_ATTRIBUTES && GetTickCount64() - began < WITHIN_MS) Sleep(10);
  hand_on(path[0], stdout);
  hand_on(path[1], stderr);
  FILE *told = fopen(path[2], "r");
  if (!told) fprintf(stderr, "%ls: has not ended within %d s\n", name, WITHIN_MS / 1000);
  if (told && fscanf(told, "%d", &code) != 1) code = 255;
  if (told) fclose(told);
  remove(path[2]);
  return code;
}
