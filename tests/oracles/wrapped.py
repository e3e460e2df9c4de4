"""Models of transformers that have several inputs, made of the sizes of our specs.

`inputs` gives a batch of samples, and the result has the outputs of the spec alone.
"""

from __future__ import annotations

from typing import Any

import torch
from independent import peer
from torch import Tensor, nn


class CLIPModel(nn.Module):
    """Both towers of CLIP, and the score of each image with its own text.

    A text ends at its largest id, which is its last.
    """

    def __init__(
        self,
        width: int = 768,
        depth: int = 12,
        patch: int = 32,
        size: int = 224,
        text_width: int = 512,
        text_depth: int = 12,
        head: int = 64,
        dim: int = 512,
        context: int = 77,
        vocabulary: int = 49408,
    ) -> None:
        super().__init__()
        self.image, self.text = (3, size, size), (context, vocabulary)
        towers = {"vision": (width, depth), "text": (text_width, text_depth)}
        sizes: dict[str, dict[str, Any]] = {
            name: {
                "hidden_size": wide,
                "intermediate_size": 4 * wide,
                "num_hidden_layers": deep,
                "num_attention_heads": wide // head,
                "projection_dim": dim,
            }
            for name, (wide, deep) in towers.items()
        }
        sizes["vision"] |= {"image_size": size, "patch_size": patch}
        sizes["text"] |= {
            "max_position_embeddings": context,
            "vocab_size": vocabulary,
            "eos_token_id": vocabulary - 1,
        }
        library = peer("transformers")
        config = library.CLIPConfig(
            text_config=sizes["text"],
            vision_config=sizes["vision"],
            projection_dim=dim,
            attn_implementation="eager",
        )
        self.model = library.CLIPModel(config)

    def inputs(self, batch: int) -> tuple[Tensor, Tensor]:
        device, (context, vocabulary) = self.model.device, self.text
        ids = torch.randint(vocabulary - 1, (batch, context), device=device)
        ids[:, -1] = vocabulary - 1
        return torch.randn(batch, *self.image, device=device), ids

    def forward(self, image: Tensor, ids: Tensor) -> tuple[Tensor, ...]:
        found = self.model(input_ids=ids, pixel_values=image)
        scores = found.logits_per_image.diagonal()[:, None]
        return found.image_embeds, found.text_embeds, scores


class VisionEncoderDecoderModel(nn.Module):
    """A ViT that reads an image, and TrOCR's decoder of its text."""

    def __init__(
        self,
        size: int = 384,
        patch: int = 16,
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        text_width: int = 1024,
        text_depth: int = 12,
        text_heads: int = 16,
        context: int = 512,
        vocabulary: int = 50265,
    ) -> None:
        super().__init__()
        self.image, self.text = (3, size, size), (context, vocabulary)
        library = peer("transformers")
        encoder = library.ViTConfig(
            image_size=size,
            patch_size=patch,
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=depth,
            num_attention_heads=heads,
            qkv_bias=False,
            attn_implementation="eager",
        )
        decoder = library.TrOCRConfig(
            d_model=text_width,
            decoder_ffn_dim=4 * text_width,
            decoder_layers=text_depth,
            decoder_attention_heads=text_heads,
            max_position_embeddings=context,
            vocab_size=vocabulary,
            cross_attention_hidden_size=width,
        )
        kind = library.VisionEncoderDecoderConfig
        config = kind.from_encoder_decoder_configs(encoder, decoder)
        self.model = library.VisionEncoderDecoderModel(config)

    def tie_weights(self) -> None:
        self.model.decoder.tie_weights()

    def inputs(self, batch: int) -> tuple[Tensor, Tensor]:
        device, (context, vocabulary) = self.model.device, self.text
        ids = torch.randint(vocabulary, (batch, context), device=device)
        return torch.randn(batch, *self.image, device=device), ids

    def forward(self, image: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        read = self.model.encoder(pixel_values=image)
        found = self.model(encoder_outputs=read, decoder_input_ids=ids, use_cache=False)
        return found.logits, read.pooler_output


class Wav2Vec2ConformerEncoderLayer(nn.Module):
    """A transducer whose encoder has the layers of transformers' Conformer."""

    def __init__(
        self,
        width: int = 144,
        depth: int = 16,
        heads: int = 4,
        kernel: int = 31,
        decoder: int = 320,
        frames: int = 1000,
        bands: int = 80,
        pieces: int = 25,
        vocabulary: int = 1024,
    ) -> None:
        super().__init__()
        self.sound, self.text = (1, frames, bands), (pieces, vocabulary)
        library = peer("transformers.models.wav2vec2_conformer")
        config = library.Wav2Vec2ConformerConfig(
            hidden_size=width,
            intermediate_size=4 * width,
            num_attention_heads=heads,
            conv_depthwise_kernel_size=kernel,
            hidden_act="swish",
        )
        kind = library.modeling_wav2vec2_conformer.Wav2Vec2ConformerEncoderLayer
        self.shrink = nn.Sequential(
            *(nn.Conv2d(1, width, 3, 2), nn.ReLU()),
            *(nn.Conv2d(width, width, 3, 2), nn.ReLU()),
        )
        self.steps, across = (((n - 1) // 2 - 1) // 2 for n in (frames, bands))
        self.enter = nn.Linear(width * across, width)
        self.layers = nn.ModuleList(kind(config) for _ in range(depth))
        self.of_sound = nn.Linear(width, decoder)
        self.words = nn.Embedding(vocabulary, decoder)
        self.lstm = nn.LSTM(decoder, decoder, batch_first=True)
        self.of_text = nn.Linear(decoder, decoder)
        self.scores = nn.Linear(decoder, vocabulary)

    def inputs(self, batch: int) -> tuple[Tensor, ...]:
        weight, (pieces, vocabulary) = self.enter.weight, self.text
        distances = (batch, 2 * self.steps - 1, len(weight))
        ids = torch.randint(vocabulary, (batch, pieces), device=weight.device)
        sound = torch.randn(batch, *self.sound, device=weight.device)
        return sound, torch.randn(distances, device=weight.device), ids

    def forward(self, sound: Tensor, distances: Tensor, ids: Tensor) -> Tensor:
        x = self.enter(self.shrink(sound).transpose(1, 2).flatten(2))
        for layer in self.layers:
            x, _ = layer(x, relative_position_embeddings=distances)
        text = self.of_text(self.lstm(self.words(ids))[0])
        joint = self.of_sound(x)[:, :, None] + text[:, None]
        return self.scores(joint.tanh())  # type: ignore[no-any-return]  # a module's
