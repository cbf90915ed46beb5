// Counts what one library allocates, without LD_PRELOAD: the entries of its table of imported
// functions that lead to malloc and its kin are pointed to counting ones. Linux, glibc, x86-64
// and arm64; other libraries of the process are not touched.

#include <elf.h>
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <new>

static std::atomic<long> counted{0};

static void* count_malloc(size_t n) { return counted++, malloc(n); }
static void* count_calloc(size_t n, size_t size) { return counted++, calloc(n, size); }
static void* count_realloc(void* p, size_t n) { return counted++, realloc(p, n); }
static void* count_aligned(size_t a, size_t n) { return counted++, aligned_alloc(a, n); }
static int count_posix(void** p, size_t a, size_t n) { return counted++, posix_memalign(p, a, n); }
static void* count_map(void* p, size_t n, int a, int b, int c, off_t d) {
    return counted++, mmap(p, n, a, b, c, d);
}
static void* count_new(size_t n) { return counted++, ::operator new(n); }
static void* count_new_aligned(size_t n, std::align_val_t a) {
    return counted++, ::operator new(n, a);
}

static const struct {
    const char* name;
    void* replacement;
} kFunctions[] = {
    {"malloc", (void*)count_malloc},
    {"calloc", (void*)count_calloc},
    {"realloc", (void*)count_realloc},
    {"aligned_alloc", (void*)count_aligned},
    {"posix_memalign", (void*)count_posix},
    {"mmap", (void*)count_map},
    {"mmap64", (void*)count_map},
    {"_Znwm", (void*)count_new},
    {"_Znam", (void*)count_new},
    {"_ZnwmSt11align_val_t", (void*)count_new_aligned},
    {"_ZnamSt11align_val_t", (void*)count_new_aligned},
};

struct Search {
    const char* name;
    int patched;
};

static void patch(Search* search, ElfW(Addr) base, const ElfW(Rela) * entries, size_t n,
                  const ElfW(Sym) * symbols, const char* strings) {
    const long page = sysconf(_SC_PAGESIZE);
    for (size_t k = 0; k < n; ++k) {
        const size_t symbol = ELF64_R_SYM(entries[k].r_info);
        if (symbol == 0 || entries[k].r_addend != 0) continue;
        for (const auto& function : kFunctions) {
            if (strcmp(strings + symbols[symbol].st_name, function.name) != 0) continue;
            void** slot = (void**)(base + entries[k].r_offset);
            void* start = (void*)((uintptr_t)slot & ~(uintptr_t)(page - 1));
            if (mprotect(start, 2 * page, PROT_READ | PROT_WRITE) != 0 &&
                mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
                continue;
            *slot = function.replacement;
            ++search->patched;
        }
    }
}

static int visit(struct dl_phdr_info* info, size_t, void* data) {
    Search* search = (Search*)data;
    if (strstr(info->dlpi_name, search->name) == nullptr) return 0;
    const ElfW(Sym)* symbols = nullptr;
    const char* strings = nullptr;
    const ElfW(Rela) *jumps = nullptr, *others = nullptr;
    size_t n_jumps = 0, n_others = 0;
    for (int k = 0; k < info->dlpi_phnum; ++k) {
        if (info->dlpi_phdr[k].p_type != PT_DYNAMIC) continue;
        auto* entry = (const ElfW(Dyn)*)(info->dlpi_addr + info->dlpi_phdr[k].p_vaddr);
        for (; entry->d_tag != DT_NULL; ++entry) {
            if (entry->d_tag == DT_SYMTAB) symbols = (const ElfW(Sym)*)entry->d_un.d_ptr;
            if (entry->d_tag == DT_STRTAB) strings = (const char*)entry->d_un.d_ptr;
            if (entry->d_tag == DT_JMPREL) jumps = (const ElfW(Rela)*)entry->d_un.d_ptr;
            if (entry->d_tag == DT_PLTRELSZ) n_jumps = entry->d_un.d_val / sizeof(ElfW(Rela));
            if (entry->d_tag == DT_RELA) others = (const ElfW(Rela)*)entry->d_un.d_ptr;
            if (entry->d_tag == DT_RELASZ) n_others = entry->d_un.d_val / sizeof(ElfW(Rela));
        }
    }
    if (symbols == nullptr || strings == nullptr) return 0;
    patch(search, info->dlpi_addr, jumps, n_jumps, symbols, strings);
    patch(search, info->dlpi_addr, others, n_others, symbols, strings);
    return 0;
}

// Counts from now on what libraries whose path contains `name` allocate; returns how many
// entries were replaced.
extern "C" int watch(const char* name) {
    Search search{name, 0};
    dl_iterate_phdr(visit, &search);
    return search.patched;
}

extern "C" long count() { return counted; }
