import { IconMapOff } from "@tabler/icons-react";
import { Link } from "react-router";

import { EmptyPlace } from "@/components/empty-place";

/** An address nothing lives at. */
export function NotFound() {
  return (
    <EmptyPlace isPage icon={IconMapOff} title="There is no page at this address">
      Check the address, or go back to <Link to="/work">your work</Link>.
    </EmptyPlace>
  );
}
