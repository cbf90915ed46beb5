// What a language must have to say the same as another: the sections and keys of it.
export type Same<T> = { readonly [S in keyof T]: { readonly [K in keyof T[S]]: string } };
