#include "ui/setup/method_card.h"

#include "core/config/lora_variant.h"
#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/setup/field_binder.h"
#include "ui/theme/theme.h"
#include "ui/widgets/issue_form.h"
#include "ui/widgets/rank_slider.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QRadioButton>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>

#include <cmath>

namespace lora::ui {

MethodCard::MethodCard(ExperimentEditor& editor, QWidget* parent)
    : Card(tr("Method"), parent)
    , m_editor(editor)
{
    createControls();
    buildLayout();
    connectSignals();
    refresh();
}

void MethodCard::createControls()
{
    m_types = new QButtonGroup(this);
    m_typeRow = new QWidget(this);
    const std::tuple<MethodType, QString, QString> types[] = {
        {MethodType::Lora, tr("&LoRA"),
         tr("Frozen weights plus a trained low-rank pair per chosen layer (Hu et al. 2021)")},
        {MethodType::Full, tr("&Full"), tr("Every weight is trained: the baseline LoRA is measured against")},
        {MethodType::Head, tr("&Head only"),
         tr("Only the task's output layer is trained: the cheapest baseline")}};
    auto* layout = new QHBoxLayout(m_typeRow);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2 * kGrid);
    for (const auto& [type, text, why] : types) {
        auto* button = new QRadioButton(text, m_typeRow);
        button->setToolTip(why);
        m_types->addButton(button, static_cast<int>(type));
        layout->addWidget(button);
    }
    layout->addStretch(1);
    m_rank = new RankSlider(this);
    m_alpha = new QDoubleSpinBox(this);
    m_alpha->setRange(0, 4096);
    m_alpha->setDecimals(2);
    m_scale = new MutedLabel({}, this);
    m_dropout = new QDoubleSpinBox(this);
    m_dropout->setRange(0, 0.99);
    m_dropout->setSingleStep(0.05);
    createVariants();
    m_bias = new QComboBox(this);
    m_bias->addItem(tr("frozen"), QStringLiteral("none"));
    m_bias->addItem(tr("trained on adapted layers"), QStringLiteral("lora_only"));
    m_bias->addItem(tr("all trained"), QStringLiteral("all"));
    m_form = new IssueForm(this);
    m_loraForm = new IssueForm(this);
    m_explanation = new MutedLabel({}, this);
}

void MethodCard::createVariants()
{
    m_variant = new QComboBox(this);
    const std::tuple<const char*, QString, QString> variants[] = {
        {"lora", tr("LoRA"), tr("A random, B zero (Hu et al. 2021)")},
        {"rslora", tr("rsLoRA"),
         tr("Scaled by alpha / √r, which keeps large ranks learning (Kalajdzievski 2023)")},
        {"dora", tr("DoRA"), tr("The lengths of the weight's rows learn on their own (Liu et al. 2024)")},
        {"pissa", tr("PiSSA"),
         tr("Starts from the weight's largest singular values (Meng et al. 2024); takes time before the "
            "first step")},
        {"olora", tr("OLoRA"), tr("Starts from the weight's QR decomposition (Büyükakyüz 2024)")},
        {"lora-fa", tr("LoRA-FA"),
         tr("A stays as it began, only B learns: less memory (Zhang et al. 2023)")}};
    for (const auto& [name, text, why] : variants) {
        m_variant->addItem(text, QString::fromLatin1(name));
        m_variant->setItemData(m_variant->count() - 1, why, Qt::ToolTipRole);
    }
    m_ratio = new QDoubleSpinBox(this);
    m_ratio->setRange(1, 1000);
    m_ratio->setDecimals(1);
    m_ratio->setSpecialValueText(tr("same rate"));
    m_ratio->setToolTip(tr("Learning rate of B over that of A; 16 often helps (LoRA+, Hayou et al. 2024)"));
}

void MethodCard::buildLayout()
{
    m_form->addField(tr("Train"), m_typeRow, QStringLiteral("method.type"), tr("Which weights learn"));
    m_loraForm->addField(
        tr("&Rank"), m_rank, QStringLiteral("method.r"),
        tr("Inner size of the low-rank pair: parameters grow with it; ranks 1 to 8 often suffice (Hu et "
           "al. 2021, table 6)"));
    auto* alphaRow = new QWidget(this);
    auto* layout = new QHBoxLayout(alphaRow);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid);
    layout->addWidget(m_alpha);
    layout->addWidget(m_scale, 1);
    alphaRow->setFocusProxy(m_alpha);
    m_loraForm->addField(
        tr("&Alpha"), alphaRow, QStringLiteral("method.lora_alpha"),
        tr("The update is scaled by alpha / r, so that changing the rank needs no new learning rate"));
    auto* variantRow = new QWidget(this);
    auto* variantLayout = new QHBoxLayout(variantRow);
    variantLayout->setContentsMargins(0, 0, 0, 0);
    variantLayout->setSpacing(kGrid);
    variantLayout->addWidget(m_variant, 1);
    auto* ratioLabel = new QLabel(tr("LoRA&+"), variantRow);
    ratioLabel->setBuddy(m_ratio);
    variantLayout->addSpacing(kGrid);
    variantLayout->addWidget(ratioLabel);
    variantLayout->addWidget(m_ratio);
    variantRow->setFocusProxy(m_variant);
    m_loraForm->addField(tr("&Variant"), variantRow, QStringLiteral("method.init_lora_weights"),
                         tr("How the pair starts, is scaled and learns; plain LoRA is the usual choice"));
    auto* dropoutRow = new QWidget(this);
    auto* dropoutLayout = new QHBoxLayout(dropoutRow);
    dropoutLayout->setContentsMargins(0, 0, 0, 0);
    dropoutLayout->setSpacing(kGrid);
    dropoutLayout->addWidget(m_dropout);
    auto* biasLabel = new QLabel(tr("&Biases"), dropoutRow);
    biasLabel->setBuddy(m_bias);
    dropoutLayout->addSpacing(kGrid);
    dropoutLayout->addWidget(biasLabel);
    dropoutLayout->addWidget(m_bias, 1);
    dropoutRow->setFocusProxy(m_dropout);
    m_loraForm->addField(tr("&Dropout"), dropoutRow, QStringLiteral("method.lora_dropout"),
                         tr("Share of the adapter's inputs dropped while training, against overfitting"));
    m_bias->setToolTip(
        tr("Biases cost few parameters; training all of them makes backward run to the embeddings"));
    body()->addWidget(m_form);
    body()->addWidget(m_loraForm);
    body()->addWidget(m_explanation);
}

void MethodCard::connectSignals()
{
    connect(m_types, &QButtonGroup::idClicked, this, [this](int id) {
        m_editor.edit(tr("Choose method"),
                      [id](ExperimentConfig& e) { e.method.type = static_cast<MethodType>(id); });
    });
    connect(m_rank, &RankSlider::rankEdited, this, [this](int rank) {
        m_editor.edit(
            tr("Change rank"), [rank](ExperimentConfig& e) { e.method.lora.r = rank; },
            QStringLiteral("rank"));
    });
    bindLora();
    connect(&m_editor, &ExperimentEditor::changed, this, &MethodCard::refresh);
    connect(&m_editor, &ExperimentEditor::issuesChanged, this, [this] {
        m_form->setIssues(m_editor.issues());
        m_loraForm->setIssues(m_editor.issues());
    });
}

void MethodCard::bindLora()
{
    auto* binder = new FieldBinder(m_editor, this);
    binder->number(
        m_alpha, tr("Change alpha"), [](const ExperimentConfig& e) { return e.method.lora.loraAlpha; },
        [](ExperimentConfig& e, double value) { e.method.lora.loraAlpha = value; });
    binder->number(
        m_dropout, tr("Change dropout"), [](const ExperimentConfig& e) { return e.method.lora.loraDropout; },
        [](ExperimentConfig& e, double value) { e.method.lora.loraDropout = value; });
    binder->choice(
        m_variant, tr("Choose variant"),
        [](const ExperimentConfig& e) { return qstr(variantOf(e.method.lora)); },
        [](ExperimentConfig& e, const QString& value) {
            const std::optional<double> ratio = e.method.lora.loraplusLrRatio;
            setVariant(e.method.lora, value.toStdString());
            if (!e.method.lora.loraFa) // A has no rate to relate B's to
                e.method.lora.loraplusLrRatio = ratio;
        });
    binder->number(
        m_ratio, tr("Change LoRA+ ratio"),
        [](const ExperimentConfig& e) { return e.method.lora.loraplusLrRatio.value_or(1); },
        [](ExperimentConfig& e, double value) {
            e.method.lora.loraplusLrRatio = value > 1 ? std::optional(value) : std::nullopt;
        });
    binder->choice(
        m_bias, tr("Choose biases"), [](const ExperimentConfig& e) { return qstr(e.method.lora.bias); },
        [](ExperimentConfig& e, const QString& value) { e.method.lora.bias = value.toStdString(); });
}

void MethodCard::refresh()
{
    const MethodConfig& method = m_editor.experiment().method;
    m_types->button(static_cast<int>(method.type))->setChecked(true);
    m_rank->setRank(method.lora.r);
    const double divisor = method.lora.useRslora ? std::sqrt(double(method.lora.r)) : double(method.lora.r);
    m_scale->setText(tr("scale %1").arg(qNumber(method.lora.loraAlpha / divisor)));
    m_ratio->setEnabled(!method.lora.loraFa);
    m_loraForm->setVisible(method.type == MethodType::Lora);
    if (method.type == MethodType::Full)
        m_explanation->setText(
            tr("Every weight of the model and the task's head are trained. Nothing is saved; this is "
               "what LoRA is compared with."));
    else if (method.type == MethodType::Head)
        m_explanation->setText(tr("The model stays as it is and only the task's output layer learns."));
    else
        m_explanation->setText({});
}

} // namespace lora::ui
