import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";

import { collectDropped } from "@/features/uploads/dropped-files";
import { uploadQueue } from "@/features/uploads/uploads-store";

import classes from "./drop-anywhere.module.css";

/** Files may be dropped on any page; they go to the upload. */
export function DropAnywhere() {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const isOver = useFileDrag((transfer) => {
    void collectDropped(transfer).then((files) => {
      if (files.length === 0) return;
      void uploadQueue.add(files);
      if (!pathname.startsWith("/uploads")) void navigate("/uploads");
    });
  });
  if (!isOver) return null;
  return (
    <div className={classes["veil"]} role="status">
      <p className={classes["words"]}>Drop to upload files, folders or archives</p>
    </div>
  );
}

function useFileDrag(onDrop: (transfer: DataTransfer) => void): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    function over(event: DragEvent) {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    }
    function leave(event: DragEvent) {
      if (event.relatedTarget === null) setOver(false);
    }
    function drop(event: DragEvent) {
      setOver(false);
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      onDrop(event.dataTransfer);
    }
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [onDrop]);
  return isOver;
}
