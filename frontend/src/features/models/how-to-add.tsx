import surfaces from "@/components/surfaces.module.css";

import classes from "./models.module.css";

/** How a checkpoint that somebody already has becomes a smart-click model. */
export function HowToAdd() {
  return (
    <section className={`${surfaces["panel"]} ${classes["how"]}`} aria-label="Add a checkpoint">
      <h2>Add a checkpoint</h2>
      <p>
        Any Segment Anything checkpoint (ViT-B, ViT-L, ViT-H, or MedSAM) is added on the server. It
        is prepared in the background and then answers clicks in the station.
      </p>
      <code>
        python manage.py model add --name MedSAM --arch vit_b --preprocessing medsam --file
        medsam_vit_b.pth
      </code>
      <p>
        The architecture is vit_b, vit_l or vit_h. Use the preprocessing that the checkpoint was
        trained with: sam for the original weights, medsam for MedSAM.
      </p>
    </section>
  );
}
