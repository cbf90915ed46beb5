// Bytes of the host as a file of the person, through an anchor that is clicked at once.
export function save(document: Document, bytes: Uint8Array, name: string, mime: string): void {
  const view = document.defaultView ?? window;
  const blob = new Blob([new Uint8Array(bytes)], { type: mime });
  const address = view.URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  // the download has its own hold on the bytes by then
  view.setTimeout(() => view.URL.revokeObjectURL(address), 10_000);
}

/** A number of bytes as it is read: 1.4 kB, 2 MB. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
