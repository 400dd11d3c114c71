import { Kbd } from "@mantine/core";

/** A name with its key, as every tooltip shows it. */
export function KeyHint({ label, keys }: { readonly label: string; readonly keys: string }) {
  return (
    <span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}>
      {label}
      <span style={{ display: "inline-flex", gap: 3 }}>
        {keys.split(" ").map((key) => (
          <Kbd key={key} size="xs">
            {key}
          </Kbd>
        ))}
      </span>
    </span>
  );
}
