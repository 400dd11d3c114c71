import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

const Rendered = lazy(async () => ({
  default: (await import("./markdown-rendered")).MarkdownRendered,
}));

/** Markdown as people wrote it; raw HTML in it stays text. */
export function Markdown({ text }: { readonly text: string }) {
  return (
    <Suspense fallback={<Skeleton height={120} radius={6} />}>
      <Rendered text={text} />
    </Suspense>
  );
}
