// What every focusable element carries: JupyterLab takes the arrow keys from those without it.
export const KEYS = { "data-lm-suppress-shortcuts": "true" } as const;
