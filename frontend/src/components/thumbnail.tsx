import { useState } from "react";

import classes from "./thumbnail.module.css";

interface ThumbnailProps {
  readonly src: string | null | undefined;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
}

/** A little picture on black, with its place kept while it comes. */
export function Thumbnail({ src, alt, width, height }: ThumbnailProps) {
  const [failed, setFailed] = useState<string | null>(null);
  return (
    <span className={classes["thumbnail"]} style={{ width, height }}>
      {src && failed !== src && (
        <img
          src={src}
          alt={alt}
          width={width}
          height={height}
          loading="lazy"
          decoding="async"
          onError={() => setFailed(src)}
        />
      )}
    </span>
  );
}
