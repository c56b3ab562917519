// parameter-rejections.image-media-type-mismatch: an image has the media type that its sender names.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    for (json& message : body["messages"])
      for (json& block : message["content"])
        if (block.is_object() && block.value("type", "") == "image")
          block["source"]["media_type"] = "image/jpeg";
  });
}

}  // namespace assay::reference
