// NumPy arrays as the bindings take and give them.
//
// Arrays belong to Python and are checked by shoal.kernels; here only layout and dtype are, since
// a mistake would read beyond an array.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <string>
#include <vector>

namespace nb = nanobind;

namespace shoal {

template <class T>
using Array = nb::ndarray<nb::numpy, T>;
template <class T>
using Input = nb::ndarray<const T, nb::c_contig, nb::device::cpu>;
using Any = nb::ndarray<nb::c_contig, nb::device::cpu>;
using ReadOnly = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;

// A new NumPy array that owns its memory.
template <class T>
Array<T> new_array(std::vector<size_t> shape, T** data) {
  size_t n = 1;
  for (size_t size : shape) n *= size;
  T* p = new T[n ? n : 1];
  nb::capsule owner(p, [](void* q) noexcept { delete[] static_cast<T*>(q); });
  *data = p;
  return Array<T>(p, shape.size(), shape.data(), owner);
}

template <class A>
int dtype_of(const A& array, const char* name) {
  if (array.dtype() == nb::dtype<float>()) return 0;
  if (array.dtype() == nb::dtype<double>()) return 1;
  throw nb::type_error((std::string(name) + ": must be float32 or float64").c_str());
}

static inline void expect(bool holds, const char* what) {
  if (!holds) throw nb::value_error(what);
}

static inline size_t size_of(int dtype) { return dtype ? sizeof(double) : sizeof(float); }

}  // namespace shoal
