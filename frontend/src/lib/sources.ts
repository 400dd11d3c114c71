const words: Readonly<Record<string, string>> = {
  browser: "From a browser",
  command: "From the command line",
  cli: "From the command line",
  stow: "Over DICOMweb",
  folder: "From a watched folder",
  s3: "From a bucket",
  dicomweb: "From a DICOMweb server",
  pacs: "From a PACS",
  dimse: "From a sender",
  demo: "Made as a demonstration",
};

/** What brought files in, in words; a source with a name of its own is called by it. */
export function nameOfSource(source: string): string {
  return words[source] ?? source;
}
